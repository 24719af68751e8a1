"""Tables as people write and export them, with what is read from them: no header, other languages, other names.

Both readers are tested with them, that of the service and that of the static site.
"""

from __future__ import annotations

IMDB_GERMAN = (
    "Const,Deine Bewertung,Bewertet am,Titel,Originaltitel,URL,Titeltyp,IMDb-Bewertung,Laufzeit (Min.),Jahr,Genres,"
    "Stimmen,Erscheinungsdatum,Regie\n"
    "tt0113277,9,2020-03-01,Heat,Heat,https://www.imdb.com/title/tt0113277/,Film,8.3,170,1995,Krimi,1,1995-12-15,M\n"
    "tt0411008,7,2020-03-03,Lost,Lost,https://www.imdb.com/title/tt0411008/,Fernsehserie,8.3,44,2004,Drama,1,,\n"
)
IMDB_FRENCH_LIST = (
    "Position,Const,Créé,Modifié,Description,Titre,Titre original,URL,Type,Note IMDb,Durée,Année,Genres,Votes,Sortie,"
    "Réalisateurs,Votre note,Date de la note\n"
    "1,tt0078748,2021-01-01,2021-01-01,,Alien,Alien,https://www.imdb.com/title/tt0078748/,Film,8.5,117,1979,,1,,,8,\n"
    "2,tt0113277,2021-01-01,2021-01-01,,Heat,Heat,https://www.imdb.com/title/tt0113277/,Film,8.3,170,1995,,1,,,,\n"
)
IMDB_2019 = (
    "Const,Tu nota,Fecha,Título,URL,Tipo,Nota IMDb,Duración,Año,Géneros,Votos,Estreno,Directores\n"
    "tt0113277,9,2020-03-01,Heat,https://www.imdb.com/title/tt0113277/,Película,8.3,170,1995,Crime,1,1995-12-15,M\n"
    "tt0903747,9,2020-03-01,Breaking,https://www.imdb.com/title/tt0903747/,Videojuego,8.3,1,2000,Crime,1,,M\n"
)

PRINTED = (
    "# A tibble: 2 × 2\n  title  year\n  <chr> <dbl>\n1 Heat   1995\n2 Alien  1979\n",
    "shape: (2, 2)\n┌───────┬──────┐\n│ title ┆ year │\n│ ---   ┆ ---  │\n│ str   ┆ i64  │\n╞═══════╪══════╡\n"
    "│ Heat  ┆ 1995 │\n│ Alien ┆ 1979 │\n└───────┴──────┘\n",
    "   title  year  rating\n0   Heat  1995     4.5\n1  Alien  1979     3.0\n",
)
"""Prints of tables, which are refused."""
READ: dict[str, dict[str, float | None]] = {
    "'title','rating'\n'Heat, again',9\n'Who''s There','7'\n": {"Heat, again": 0.9, "Who's There": 0.7},
    # Ratings in words of other languages, words for "not rated", and years of books.
    "Titel;Wertung\nHeat;4,5 von 5 Sternen\nHer;nicht bewertet\nBig;3 Sterne\n": {"Heat": 0.9, "Her": None, "Big": 0.6},
    "Titre;Note\nHeat;4,5 sur 5\nHer;3 étoiles\n": {"Heat": 0.9, "Her": 0.6},
    "title,rating\nHeat,9\nHer,NR\nBig,4.5 из 5\n": {"Heat": 0.9, "Her": None, "Big": 0.9},
    "Title,My Rating,Year Published,Original Publication Year\nDune,5,1990,1965\n": {"Dune (1965)": 1.0},
    # Exports of programs in other languages, and columns of one's own beside those of others.
    "Film;Jahr;Gesehen;Bewertung\nHeat;1995;WAHR;4,5\nHer;2013;FALSCH;\n": {"Heat (1995)": 0.9, "Her (2013)": None},
    "Titre;Année;Vu;Note\nHeat;1995;VRAI;4,5\nHer;2013;FAUX;\n": {"Heat (1995)": 0.9, "Her (2013)": None},
    "Título;Visto;Nota\nHeat;sim;9\nHer;não;\n": {"Heat": 0.9, "Her": None},
    "Titel;Status\nHeat;gesehen\nHer;noch nicht gesehen\nBig;Merkliste\n": {"Heat": None, "Her": None, "Big": None},
    "Name,Rating,Status\nCeleste,5,Completed\nHades,,Backlog\nUp,,Not started\nBig,,to_read": {
        "Celeste": 1.0,
        "Hades": None,
        "Up": None,
        "Big": None,
    },
    "Title,Year,Rating,User Rating,View Count\nHeat,1995,8.3,9,2\nHer,2013,8.0,,0\n": {
        "Heat (1995)": 0.9,
        "Her (2013)": None,
    },
    "title,year,playcount,userrating\nHeat,1995,2,9\nHer,2013,0,0\n": {"Heat (1995)": 0.9, "Her (2013)": None},
    "anime_id,anime_title,my_score,my_status\n1,Monster,9,Completed\n2,Trigun,0,Plan to Watch\n": {
        "Monster": 0.9,
        "Trigun": None,
    },
    "Film,Vu le\nHeat,2024-01-03\n": {"Heat": None},
    "Title,Seen On,Status\nHeat,2024-01-03,\nHer,,Pending\n": {"Heat": None, "Her": None},
    "Cím;Év;Értékelés\nHeat;1995;9\nHer;2013;8\n": {"Heat (1995)": 0.9, "Her (2013)": 0.8},
    "- ~~Heat~~\n- Her": {"Heat": None, "Her": None},
    "Program Title,Playback Started\nHeat,2024-01-01\n": {"Heat": None},
    '"objectname","rating","numplays"\n"Catan","8","3"\n"Azul","N/A","0"\n': {"Catan": 0.8, "Azul": None},
    '"title"\t"rating"\n"1"\t"Heat"\t4\n"2"\t"Her"\t5\n': {"Heat": 0.8, "Her": 1.0},
    "title,rating\n1,Heat,4\n2,Her,5\n": {"Heat": 0.8, "Her": 1.0},
    "name,appid\nHades,1\nCeleste,2\n": {"Hades": None, "Celeste": None},
    '"Title,Year,Rating"\r\n"Heat,1995,5"\r\n"""Good, the Bad"",1966,4"\r\n': {
        "Heat (1995)": 1.0,
        "Good, the Bad (1966)": 0.8,
    },
    '"The Good, the Bad and the Ugly"\n"Crouching Tiger, Hidden Dragon"': {
        "The Good, the Bad and the Ugly": None,
        "Crouching Tiger, Hidden Dragon": None,
    },
    # A quote that is not closed, beside reviews of several lines.
    'title,rating,review\nHeat,5,"Great\nAlien,4,"Two\n\nlines, ""so"" it is"\nHer,3,"Fine"\n': {
        "Heat": 1.0,
        "Alien": 0.8,
        "Her": 0.6,
    },
    'title,rating,review\nHeat,5,"Two\nlines"\nAlien,4,"Open, but, long\nHer,3,12" single\nBig,2,"A\nB\nC"\n': {
        "Heat": 1.0,
        "Her": 0.6,
        "Big": 0.4,
    },
    'title,rating,review\nHeat,5,"Open\nAlien,4,"Open too\nHer,3,"Two\nlines"': {"Heat": 1.0, "Alien": 0.8, "Her": 0.6},
    'Name;Rating;Review\r\n"Heat";5;"Open\r\n"Alien";4;"Two\r\nlines"\r\n': {"Heat": 1.0, "Alien": 0.8},
    'title|rating|review\nHeat|5|"Two\nlines"\nAlien|4|"Open\nHer|3|ok\n': {"Heat": 1.0, "Alien": 0.8, "Her": 0.6},
    "title,seen\nHeat,x\nHer,\nBig,no": {"Heat": None, "Big": None},
    "- [ ] Heat\n- [x] Alien 9/10": {"Heat": None, "Alien": 0.9},
    "☐ Heat\n☑ Alien": {"Heat": None, "Alien": None},
    "Heat (1995)\t5": {"Heat (1995)": 1.0},
    "Heat;1995;4.5": {"Heat (1995)": 0.9},
    "\ufeffHeat;5\n": {"Heat": 1.0},
    "Heat (1995)\t5\r\nAlien\t4\r\n": {"Heat (1995)": 1.0, "Alien": 0.8},
    "  Heat ; 5 \n\n Alien ; 4 ": {"Heat": 1.0, "Alien": 0.8},
    "Heat, 5\nAlien, 3.5\n": {"Heat": 1.0, "Alien": 0.7},
    "Good, the Bad and the Ugly, The (1966),5\nHeat,4": {"The Good, the Bad and the Ugly (1966)": 1.0, "Heat": 0.8},
    '"Good, the Bad, The";5\n"Heat";4': {"The Good, the Bad": 1.0, "Heat": 0.8},
    "Heat;9\nAlien;10\nHer;\nBig": {"Heat": 0.9, "Alien": 1.0, "Her": None, "Big": None},
    "1;Heat;9\n2;Alien;8\n3;Her;7": {"Heat": 0.9, "Alien": 0.8, "Her": 0.7},
    "Heat|1995|★★★★½": {"Heat (1995)": 0.9},
    "Heat;4,5\nAlien;3,0": {"Heat": 0.9, "Alien": 0.6},
    "Heat\t80%\nAlien\t95 %": {"Heat": 0.8, "Alien": 0.95},
    "Heat;7/10\nAlien;4/5": {"Heat": 0.7, "Alien": 0.8},
    "2024-01-02;Heat;1995;5\n2024-01-03;Alien;1979;4": {"Heat (1995)": 1.0, "Alien (1979)": 0.8},
    "Heat;1995-12-15;5\nAlien;1979-05-25;4": {"Heat": 1.0, "Alien": 0.8},
    "Heat (1995);A great film;5\nAlien (1979);Scary;4": {"Heat (1995)": 1.0, "Alien (1979)": 0.8},
    "Heat\t\t5\nAlien\t\t4": {"Heat": 1.0, "Alien": 0.8},
    "tt0113277;Heat;9\ntt0078748;Alien;8": {"Heat": 0.9, "Alien": 0.8},
    "Foo;Bar\nHeat;5\nAlien;4": {"Heat": 1.0, "Alien": 0.8},
    "Heat, 1995\nAlien, 1979": {"Heat (1995)": None, "Alien (1979)": None},
    # Lines of titles, which contain separators and numbers too.
    "[REC] (2007)\nAlien": {"[REC] (2007)": None, "Alien": None},
    "10,000 BC": {"10,000 BC": None},
    "10,000 BC\n300\n1917": {"10,000 BC": None, "300": None, "1917": None},
    "Blade Runner, 2049": {"Blade Runner, 2049": None},
    "Ocean's Eleven\nOcean's Twelve, 2\nHeat": {"Ocean's Eleven": None, "Ocean's Twelve, 2": None, "Heat": None},
    "Heat;n/a\nAlien;-": {"Heat;n/a": None, "Alien;-": None},
    # Ratings in words, fractions and forms of spreadsheets; files that were put together.
    "title,rating\nHeat,4 stars\nAlien,3½\nHer,2 out of 5\nBig,1 star": {
        "Heat": 0.8,
        "Alien": 0.7,
        "Her": 0.4,
        "Big": 0.2,
    },
    "title,rating\nHeat,****\nAlien,***\n": {"Heat": 0.8, "Alien": 0.6},
    'title,rating\nHeat,"=""4"""\nAlien,3 1/2\n': {"Heat": 0.8, "Alien": 0.7},
    "title,rating\nHeat,4.5/5 stars\nAlien,8 of 10\n": {"Heat": 0.9, "Alien": 0.8},
    "title,rating\nHeat,4\ntitle,rating\nAlien,5\n": {"Heat": 0.8, "Alien": 1.0},
    # Names of columns that are written another way.
    "movie_title,my_rating,release_year\nHeat,4,1995": {"Heat (1995)": 0.8},
    "movieTitle,myRating\nHeat,4": {"Heat": 0.8},
    "Rating;Title\n5;Heat": {"Heat": 1.0},
    "Titel;Jahr;Bewertung\nHeat;1995;5\nAlien;;4": {"Heat (1995)": 1.0, "Alien": 0.8},
    "Titre;Année;Note\nHeat;1995;8": {"Heat (1995)": 0.8},
    "Titel;Jahr;Note\nHeat;1995;1": {"Heat (1995)": None},  # a grade, where 1 is the best
    "título,año,puntuación\nHeat,1995,9": {"Heat (1995)": 0.9},
    "Titolo;Anno;Voto\nHeat;1995;9": {"Heat (1995)": 0.9},
    "Название;Год;Оценка\nHeat;1995;9": {"Heat (1995)": 0.9},
    IMDB_GERMAN: {"Heat (1995)": 0.9},
    IMDB_FRENCH_LIST: {"Alien (1979)": 0.8, "Heat (1995)": None},
    IMDB_2019: {"Heat (1995)": 0.9},
    "Title,Rating\nHeat,9,5\nAlien,5\n": {"Alien": 1.0},
    # Lines above the names, a quote that is not closed, and lists that a person wrote.
    "My films 2024,,\n,,\nTitle,Year,Rating\nHeat,1995,5\nAlien,1979,4\n": {"Heat (1995)": 1.0, "Alien (1979)": 0.8},
    "Meine Filme;;\nTitel;Jahr;Bewertung\nHeat;1995;5\n": {"Heat (1995)": 1.0},
    "Our films\n\nas of May\nTitle;Rating\nHeat;5\n": {"Heat": 1.0},
    "Heat\nFilm, The\nAlien": {"Heat": None, "The Film": None, "Alien": None},
    'Title,Rating\n"Heat,5\nAlien,4\nHer,3\n': {"Heat": 1.0, "Alien": 0.8, "Her": 0.6},
    'Title,Rating\n7" Single,5\n"Good, the Bad",4\n': {'7" Single': 1.0, "Good, the Bad": 0.8},
    "1. Heat (1995) - 9/10\n2. Fahrenheit 9/11\n3. Her (2013): 7/10\n": {
        "Heat (1995)": 0.9,
        "Fahrenheit 9/11": None,
        "Her (2013)": 0.7,
    },
    "- [x] **Heat** (1995) ★★★★½\n- [ ] [Alien](https://x.example) ★★★★\n": {"Heat (1995)": 0.9, "Alien": 0.8},
    "# My films\n\n- Heat 9/10\n- Her\n": {"Heat": 0.9, "Her": None},
    "Film,Me /10,Partner\nHeat,9,7\nAlien,8.5,9\n": {"Heat": None, "Alien": None},
    "1. FC\n12 Angry Men": {"1. FC": None, "12 Angry Men": None},
    # What was not seen, and what is no film.
    "Title,Year,Seen\nHeat,1995,yes\nAlien,1979,no\n": {"Heat (1995)": None, "Alien (1979)": None},
    "TMDb ID,Type,Name,Your Rating\n949,movie,Heat,9\n1396,tv,Breaking Bad,10\n": {"Heat": 0.9},
    "Date Watched,Type,Title\n2024-01-01,Movie,Heat\n2024-01-01,Series,The Boys\n": {"Heat": None, "The Boys": None},
    "标题,个人评分,打分日期\n盗火线,5,2024-01-02\n异形,4,2024-01-03\n": {"盗火线": 1.0, "异形": 0.8},
    "Název;Rok;Hodnocení\nHeat;1995;5*\nVetřelec;1979;4*\n": {"Heat (1995)": 1.0, "Vetřelec (1979)": 0.8},
    "Film,Year,Me /10,Runtime\nHeat,1995,9,170\nAlien,1979,8.5,117\n": {"Heat (1995)": None, "Alien (1979)": None},
    "Film,Rank,IMDb\nHeat,3,8\nAlien,1,9\n": {"Heat": None, "Alien": None},
    # The later rating, by dates in the order that the whole column tells.
    "Title,Rating,Date\nHeat,5,20/03/2024\nHeat,1,05/04/2023\n": {"Heat": 1.0},
    "Title,Rating,Date\nHeat,5,03/20/24\nHeat,1,04/05/23\nAlien,3,1/2/24\n": {"Heat": 1.0, "Alien": 0.6},
    "Titel;Bewertung;Datum\nHeat;5;02.03.2024\nHeat;1;01.04.2023\n": {"Heat": 1.0},
    "Title,Rating,Date\nHeat,5,05/03/2024\nAlien,3,06/04/2024\n": {"Heat": 1.0, "Alien": 0.6},
    "Title,Rating,Date\nHeat,5,20/03/2024\nAlien,3,03/20/2024\n": {"Heat": 1.0, "Alien": 0.6},
    "Title,Rating,Date\nHeat,5,31/02/2024\nAlien,3,2024-01-01\n": {"Heat": 1.0, "Alien": 0.6},
    # Scales in the name of the column, marks of what a person wants to see, and Netflix's ratings.
    "Title,Score (out of 10),Watched\nHeat,4,TRUE\nHer,5,TRUE\n": {"Heat": 0.4, "Her": 0.5},
    "Title,Rating10\nHeat,4\nHer,5\n": {"Heat": 0.4, "Her": 0.5},
    "Film,Rating (1-10)\nHeat,4\nHer,2.5\n": {"Heat": 0.4, "Her": 0.25},
    "Titre,Note /20\nHeat,14\nHer,8\n": {"Heat": 0.7, "Her": 0.4},
    "Film;Bewertung (von 5 Sternen)\nHeat;4\nHer;★★★\n": {"Heat": 0.8, "Her": 0.6},
    "imdbid,title,year,checked,favorite,watchlist\ntt0113277,Heat,1995,yes,no,no\ntt1798709,Her,2013,no,no,yes\n": {
        "Heat (1995)": None,
        "Her (2013)": None,
    },
    "objectname,rating,numplays,own,wishlist,yearpublished\nPandemic,8.5,3,1,0,2008\nCatan,N/A,0,0,1,1995\n": {
        "Pandemic (2008)": 0.85,
        "Catan (1995)": None,
    },
    "Title Name,Rating Type,Star Value,Thumbs Value\nHeat,thumb,,2\nHer,thumb,,1\nBig,star,3,\nUp,thumb,,3\n": {
        "Heat": 0.8,
        "Her": 0.2,
        "Big": 0.6,
        "Up": 1.0,
    },
    # Likes without ratings, titles of other things, and games that were never played.
    "Title,Liked\nHeat,yes\nHer,no\nBig,\n": {"Heat": 0.8, "Her": 0.2, "Big": None},
    "Film;Recommend\nHeat;👍\nHer;👎\n": {"Heat": 0.8, "Her": 0.2},
    "Title,Rating,Recommended\nHeat,4,no\nHer,,yes\n": {"Heat": 0.8, "Her": None},
    "Winery,Wine name,Average rating,Your rating\nX,Alpha,3.9,4.5\nY,Beta,3.5,3\n": {"Alpha": 0.9, "Beta": 0.6},
    "name,playtime_forever\nPortal,1200\nHades,0\n": {"Portal": None, "Hades": None},
    "제목,별점\n히트,4.5\n그녀,3\n": {"히트": 0.9, "그녀": 0.6},
    # Dates in other forms, as Goodreads, spreadsheets and people write them.
    "Title,My Rating,Date Read\nHeat,5,2024/03/20\nHeat,1,2023/12/05\n": {"Heat": 1.0},
    "标题,评分,日期\nHeat,5,2024年3月20日\nHeat,1,2023年12月5日\n": {"Heat": 1.0},
    'Title,Rating,Date\nHeat,5,20 March 2024\nHeat,1,"Dec 5, 2023"\n': {"Heat": 1.0},
    "Title,Rating,Date\nHeat,5,20240320\nHeat,1,20231205\n": {"Heat": 1.0},
    "Title,Rating,Date\nHeat,5,10-03-11\nAlien,3,11-12-10\n": {"Heat": 1.0, "Alien": 0.6},
    "Titel;Bewertung;Datum\nHeat;5;2. 3. 2024\nHeat;1;1. 4. 2023\n": {"Heat": 1.0},
    # Tables without titles, of which all columns are known, and a cell with a zero byte.
    "isbn,rating\nB10,5\nB11,3\n": {"item B10": 1.0, "item B11": 0.6},
    "user_id;course_id;Bewertung;timestamp\nme;A;5;1700000000\nme;B;3;1700000001\n": {"item A": 1.0, "item B": 0.6},
    "id,rating\n7,4.5\n8,3\n": {"item 7": 0.9, "item 8": 0.6},
    "Title,Rating\nHe\0at,5\nAlien,3\n": {"Heat": 1.0, "Alien": 0.6},
}
"""Text of a file, and the ratings from 0 to 1 by title; None for a title without a rating."""

REFUSED: dict[str, str] = {
    "id,naslov,rating\n7,Heat,4.5\n8,Alien,3\n": "each of its columns 1 and 3 may be the rating",
    "1984;5\n300;4": "all its columns are numbers, so its titles are not known",
    "196\t242\t3\t881250949\n186\t302\t3\t891717742": "all its columns are numbers, so its titles are not known",
    "1,31,2.5,1260759144\n1,1029,3.0,1260759179": "all its columns are numbers, so its titles are not known",
    "Heat\tMichael Mann": "each of its columns 1 and 2 may be the title",
    "Heat;Great film;5\nAlien;Scary;4": "each of its columns 1 and 2 may be the title",
    "Heat;8;4.5\nAlien;7;3.5": "each of its columns 2 and 3 may be the rating",
    "Heat;5;2020;1995": "each of its columns 3 and 4 may be the year",
}
"""Text of a file, and why its columns cannot be told apart."""
