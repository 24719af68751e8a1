// The names of the columns of exports in several languages, and the words in their cells, in small letters, as
// recsys/imports/names.py has them.
recsys.columnNames = (() => {
  const words = (text) => text.split(/\s*[,\n]\s*/).filter(Boolean);
  const TITLES = words(`title, name, film, movie, movie title, film title, movie name, film name, primary title
    item, item title, item name, course, course title, course name, titel, filmtitel, titre, titre du film, título
    titulo, película, pelicula, filme, titolo, tytuł, tytul, název, nazev, cím, elokuva, nimi, başlık, название
    фильм, book title, anime title, series title, program title, objectname, game, game title
    title name, 标题, 片名, 电影, タイトル, 제목`).concat(
    words(`beer, wine, whisky, coffee, cheese, drink, song, track, album, artist, podcast, show, recipe, dish
    restaurant, place, hotel, app, product, manga, comic, play`).flatMap((one) => [`${one} name`, `${one} title`]),
  );
  const YEARS =
    words(`year, release year, released, release date, movie year, film year, original publication year, production year
    year of production, year published, yearpublished, publication year, first published
    produktionsjahr, 年份, 上映日期, 公開年, jahr, erscheinungsjahr, année
    annee, año, ano, anno, jaar, rok, år, yıl, год, vuosi, év, έτος, рік, 연도`);
  // "your rating" comes before "rating", which beside it is that of other people.
  const RATINGS = words(`your rating, my rating, user rating, userrating, rating, score
    my score, star value, stars, rating10, vote, grade
    your score, my vote, my grade, my stars, your vote, star rating, hodnocení, hodnoceni
    个人评分, 我的评分, 评分, 評価, 평점, 별점, bewertung, meine bewertung, deine bewertung, ihre bewertung
    wertung, sterne, ma note, votre note, mi nota, tu nota, nota, minha nota, sua nota, puntuación, puntuacion
    karakter, értékelés, notă, βαθμολογία
    calificación, calificacion, valoración, avaliação, avaliacao, voto, valutazione, beoordeling, cijfer, ocena
    moja ocena, betyg, arvosana, puan, оценка, моя оценка`);
  const DATES =
    words(`date, watched date, watcheddate, watched at, rated at, date rated, date read, 打分日期, watched on
    seen on, date watched, date seen, datum, fecha, data, дата, gesehen am, gelesen am, vu le, lu le, visto el
    visto il, bekeken op, 日期, 日付, 날짜, tarih, dato, last date read, date finished, last watched, last watched at
    last viewed at`);
  // Names of the ids of a catalogue in a table that has no titles, such as the ratings of an own catalogue.
  const OWN_IDS = words(`id, isbn, asin, sku, book id, course id, item id, product id, recipe id, game id, song id
    track id, artist id, restaurant id, place id, podcast id, show id`);
  const USERS = words("user id, user, userid, reader, reader id, learner, learner id, customer id, member id");
  const TIMES = words("timestamp, time");
  const ORIGINALS = words(`original title, originaltitel, titre original, título original, titolo originale
    tytuł oryginalny, originální název, оригинальное название, 原名`);
  const TYPES = words("type, title type, media type");
  // Types, without spaces, of what has identifiers of its own that may be those of other films.
  const NO_FILM = new Set(
    words("tv, show, shows, series, season, episode, tvshow, tvseries, tvepisode, tvseason, anime"),
  );
  // Columns in which a row without a cell is not seen, because others have a mark there.
  const SEEN =
    words(`seen, watched, watched?, seen?, checked, played, is played, is watched, is seen, view count, play count
    playcount, plays, playtime, playtime forever, gesehen, vu, visto, assistido, obejrzane, zhlédnuto, просмотрено
    gezien, gelesen, gespielt, lu, sedd, sett, nähty, izlendi, 看过, 視聴済み, watched on, seen on
    date watched, date seen, gesehen am, vu le, visto el, visto il, bekeken op`);
  const STATUS = [...words("exclusive shelf, read status, watch status, my status, status"), ...SEEN];
  // Columns in which a title that the person wants to see has a mark.
  const WANTED = words(`watchlist, wishlist, want to watch, want to see, want to read, want to play, want to buy
    wanttobuy, wanttoplay, on watchlist, on wishlist, merkliste, wunschliste, à voir, por ver`);
  const MARKED = new Set("yes y true 1 x ✓ ✔ ✅ ☑ ja oui sí si sim wahr vrai verdadero".split(" "));
  // Columns that say whether the person liked a title; they are read where there are no ratings.
  const VERDICTS = words("liked, like, liked it, liked it?, did you like it?, recommended, recommend, thumb, thumbs");
  const LIKED = new Set([...MARKED, ..."like liked love loved up good recommended 👍 ❤ ❤️ ♥".split(" ")]);
  const DISLIKED = new Set("no n false 0 ✗ ✘ nein non nee dislike disliked down bad 👎".split(" "));
  const UNSEEN = new Set(
    words(`no, n, false, 0, ✗, not seen, unseen, unwatched, to-read, to read, to-watch, to watch, plan to watch
      plan-to-watch, plantowatch, planned, planning, watchlist, wishlist, want to read, want to watch, tbr
      backlog, not started, not watched, not read, unread, unplayed, to do, todo, want to see, to see
      pending, queued, upcoming, nein, non, nee, nej, nei, não, nao, nie
      ne, ei, nem, nu, hayır, нет, ні, όχι, 否, falsch, faux, falso, fałsz, nepravda, onwaar, falskt, usann, epätosi
      hamis, yanlış, ложь, いいえ, 아니요, 想看, 未看, nicht gesehen, noch nicht gesehen, ungesehen, merkliste, pas vu
      à voir, no visto, por ver, pendiente, non visto, da vedere, não visto, para ver, nie obejrzane, do obejrzenia
      chci vidět, не смотрел, хочу посмотреть`),
  );
  // Parts of the names of columns with small numbers that are no ratings by the person.
  const OF_OTHERS = [
    "average",
    "avg",
    "community",
    "critic",
    "imdb",
    "tmdb",
    "vote",
    "count",
    "season",
    "episode",
    "rank",
    "position",
    "number",
    "thumb",
  ];
  const SITES = {
    imdb: words("imdb id, imdb, imdbid, tconst, const, url"),
    tmdb: words("tmdb id, tmdb, tmdbid"),
    item: words("item id, course id"),
  };

  return {
    ...{ TITLES, YEARS, RATINGS, DATES, OWN_IDS, USERS, TIMES, ORIGINALS, TYPES },
    ...{ NO_FILM, SEEN, STATUS, WANTED, MARKED, VERDICTS, LIKED, DISLIKED, UNSEEN, OF_OTHERS, SITES, words },
  };
})();
