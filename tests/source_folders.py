"""Write small source folders: courses and own tables."""

from __future__ import annotations

from movielens_files import folder

COURSES = {
    "course_genre.csv": "COURSE_ID,TITLE,Python,BackendDev\n"
    "PY10,Intro To Python  And Sql,1,0\nBE11,Building Rest Apis,0,1\n",
    "course_processed.csv": "COURSE_ID,TITLE,DESCRIPTION\nPY10,x,Learn Python  And You Ll Love It\nBE11,x,\n",
    "courses_bows.csv": "doc_index,doc_id,token,bow\n0,PY10,Python,2\n0,PY10,Sql,1\n1,BE11,Apis,1\n",
    "ratings.csv": "user,item,rating\n90,PY10,3.0\n90,BE11,2.0\n91,PY10,3.0\n",
}


def course_folder(path, **changed):
    files = COURSES | changed
    return folder(path, {name: text.encode() for name, text in files.items()})


ITEMS = 'item_id,title,year,genres,author,url\nb10,Emma,1815,Novel|Classic,Jane Austen,\nb11,"Dune, part one",1965,,,https://example.org/d\n'

VOTES = (
    "user_id,item_id,rating,timestamp\nu1,b10,8,2020-01-02\nu1,b11,3,2017-07-14T02:40:00Z\n"
    "u2,b11,9,1970-01-01 00:00:05\nu2,b11,10,1970-01-01 00:00:06\n"
)


def table_folder(path, items=ITEMS, ratings=VOTES, **more):
    files = {"items.csv": items, "ratings.csv": ratings} | more
    return folder(path, {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()})
