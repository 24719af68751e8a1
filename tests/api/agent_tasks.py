"""Thirty tasks that an assistant solves with the tools, resources and prompts, on MovieTweetings.

Each is an async function of an `Agent`: it asks as language models do, with numbers and lists as text, and asserts that
the answer solves the task.
"""

from __future__ import annotations

import json

from mcp_client import Agent

TASKS = []


def task(function):
    TASKS.append(function)
    return function


def titles(items):
    return [item["title"] for item in items]


@task
async def find_a_film_by_a_misspelt_title(agent: Agent):
    assert titles(await agent.use("search", query="the godfahter", n="3"))[0] == "The Godfather"


@task
async def find_the_films_of_a_director(agent: Agent):
    found = await agent.use("search", query="Christopher Nolan", n="5")
    assert {"Inception", "The Dark Knight"} <= set(titles(found))


@task
async def find_a_person_by_the_last_name(agent: Agent):
    found = await agent.use("person", name="tarantino", n="5")
    assert found["name"] == "Quentin Tarantino" and "Pulp Fiction" in titles(found["items"])


@task
async def find_films_by_language_and_decade(agent: Agent):
    found = await agent.use("search", query="French films", filters='{"year_to": "1970"}')
    assert len(found) >= 3 and all(item["year"] <= 1970 for item in found)


@task
async def tell_about_a_film(agent: Agent):
    found = await agent.use("item", title="Alien (1979)")
    assert found["director"] == "Ridley Scott" and "Sigourney Weaver" in found["cast"] and found["overview"]


@task
async def tell_which_of_two_films_of_a_name_is_meant(agent: Agent):
    found = await agent.use("item", title="Batman")
    assert found["year"] == 1989 and "Batman (1966)" in found["note"]


@task
async def say_that_a_film_is_not_here(agent: Agent):
    assert "No film is called" in await agent.refused("item", title="Xqzzw Vrrp")


@task
async def find_similar_films(agent: Agent):
    found = await agent.use("similar", title="The Dark Knight", n="5")
    assert "Batman Begins" in titles(found) and all(item["reason"] for item in found)


@task
async def find_similar_but_newer_films(agent: Agent):
    found = await agent.use("similar", title="Alien", n="5", filters={"year_from": "2000"})
    assert len(found) == 5 and all(item["year"] >= 2000 for item in found)


@task
async def find_similar_films_without_a_genre(agent: Agent):
    found = await agent.use("similar", title="Alien", n=5, filters={"genres_out": "Horror"})
    assert len(found) == 5 and all("Horror" not in item["genres"] for item in found)


@task
async def find_films_with_an_actor_near_a_film(agent: Agent):
    found = await agent.use("similar", title="Forrest Gump", n="3", filters={"people": ["Tom Hanks"]})
    names = [await agent.use("item", title=f"id:{item['item_id']}") for item in found]
    assert len(names) == 3 and all("Tom Hanks" in item["cast"] for item in names)


@task
async def recommend_to_a_user(agent: Agent):
    found = await agent.use("recommend", user_id="1", n="10")
    assert len(found) == 10 and all(item["match"] is not None for item in found)


@task
async def recommend_dramas_of_the_nineties(agent: Agent):
    limits = '{"genres_in": ["Drama"], "year_from": 1990, "year_to": 1999}'
    found = await agent.use("recommend", user_id=1, n="4", filters=limits)
    assert len(found) == 4 and all("Drama" in one["genres"] and 1990 <= one["year"] <= 1999 for one in found)


@task
async def recommend_from_likes_and_dislikes(agent: Agent):
    found = await agent.use("recommend_for", liked='["Alien", "Blade Runner"]', disliked="Scary Movie", n="5.0")
    assert len(found) == 5 and not {"Alien", "Blade Runner", "Scary Movie"} & set(titles(found))


@task
async def recommend_from_one_title(agent: Agent):
    assert len(await agent.use("recommend_for", liked="Toy Story", n=3, disliked=None)) == 3


@task
async def recommend_from_ratings_by_title(agent: Agent):
    found = await agent.use("recommend_for", liked=[], ratings={"Inception": "9.5", "Twilight": "2"}, n="5")
    assert len(found) == 5


@task
async def recommend_only_from_a_list(agent: Agent):
    wanted = [item["item_id"] for item in await agent.use("search", query="Batman", n="8")]
    found = await agent.use("recommend_for", liked=["Inception"], n="3", filters={"only": wanted})
    assert found and {item["item_id"] for item in found} <= set(wanted)


@task
async def recommend_less_of_somebody(agent: Agent):
    plain = await agent.use("similar", title="Forrest Gump", n=10)
    less = await agent.use("similar", title="Forrest Gump", n=10, filters='{"less": ["person:Tom Hanks"]}')
    casts = [{i["item_id"] for i in found if "Tom Hanks" in await cast(agent, i)} for found in (plain, less)]
    assert len(casts[1]) < len(casts[0])


async def cast(agent: Agent, item: dict) -> list[str]:
    return (await agent.use("item", title=f"id:{item['item_id']}")).get("cast", [])


@task
async def blend_a_user_with_a_film(agent: Agent):
    found = await agent.use("hybrid", user_id="12", title="Inception", n="5", balance="0.2")
    assert len(found) == 5 and "Inception" not in titles(found)


@task
async def explain_a_recommendation(agent: Agent):
    first = (await agent.use("recommend", user_id="1", n="1"))[0]
    why = await agent.use("explain", user_id="1", title=f"id:{first['item_id']}")
    assert why["item"]["title"] == first["title"] and why["reason"] and why["history"]


@task
async def tell_the_taste_of_a_user(agent: Agent):
    found = await agent.use("user", user_id="1", n="3")
    assert found["n_ratings"] >= len(found["history"]) > 0 and found["taste"]


@task
async def choose_for_two(agent: Agent):
    found = await agent.use("together", people='[["Alien"], ["Pulp Fiction", "Fargo"]]', n="3", fairness="1")
    assert len(found) == 3 and all(len(item["matches"]) == len(item["reasons"]) == 2 for item in found)


@task
async def choose_for_a_family_without_horror(agent: Agent):
    people = ["1", '["Toy Story"]', '{"Shrek": "9"}']
    found = await agent.use("together", people=people, n=5, filters={"genres_out": ["Horror"]})
    assert len(found) == 5 and all("Horror" not in item["genres"] for item in found)


@task
async def bring_ratings_and_get_picks(agent: Agent):
    text = "Const,Your Rating,Date Rated,Title,Year\ntt0078748,9,2020-01-01,Alien,1979\ntt1,8,2020-01-02,Nope,1901\n"
    report = await agent.use("import_ratings", text=text)
    assert report["format"] == "imdb" and titles(report["matched"]) == ["Alien"] and len(report["unmatched"]) == 1
    ratings = {f"id:{one['item_id']}": one["rating"] for one in report["matched"]}
    assert len(await agent.use("recommend_for", liked="[]", ratings=json.dumps(ratings), n="5")) == 5


@task
async def take_a_list_to_another_program(agent: Agent):
    file = await agent.use("export", titles="Alien", format="radarr")
    assert json.loads(file["text"])[0]["imdb_id"] == "tt0078748"


@task
async def keep_a_profile_and_delete_it(agent: Agent):
    made = await agent.use("join", liked="Alien")
    own = {"user_id": made["user_id"], "key": made["key"]}
    assert (await agent.use("rate", **own, title="Inception", rating="9.5"))["rating"] == 9.5
    profile = await agent.read(f"recsys://profiles/{made['user_id']}/{made['key']}")
    assert {"Alien", "Inception"} <= set(titles(profile["history"]))
    assert (await agent.use("feed_address", **own))["address"].startswith("/feed?")
    assert (await agent.use("forget", **own))["forgotten"]
    assert "Unknown user" in await agent.refused("recommend", user_id=made["user_id"])


@task
async def give_a_verdict(agent: Agent):
    assert (await agent.use("feedback", verdict="like", title="Alien"))["stored"] is True


@task
async def read_what_is_here_and_filter_by_it(agent: Agent):
    here = await agent.read("recsys://catalogue")
    genre = next(one for one in here["values"]["genres"] if one == "War")
    found = await agent.use("search", query=f"{genre} films", n="5")
    assert here["counts"]["items"] > 10_000 and all(genre in item["genres"] for item in found)


@task
async def follow_the_prompt_of_a_movie_night(agent: Agent):
    text = await agent.prompt("movie_night", people="Ann likes Alien, Bob likes Fargo", mood="tense")
    assert "Ann likes Alien" in text and "tense" in text and "tool together" in text
    found = await agent.use("together", people=[["Alien"], ["Fargo"]], n="3", filters={"genres_in": ["Thriller"]})
    item = await agent.read(f"recsys://items/{found[0]['item_id']}")
    assert len(found) == 3 and item["title"] == found[0]["title"]


@task
async def choose_a_model_and_mend_a_wrong_number(agent: Agent):
    names = [model["name"] for model in await agent.use("models")]
    assert "from 1 to 100" in await agent.refused("recommend", user_id="1", n="many")
    found = await agent.use("recommend", user_id="1", n="2", model=names[-1])
    assert len(found) == 2 and (await agent.use("about"))["title"].startswith("MovieTweetings")
