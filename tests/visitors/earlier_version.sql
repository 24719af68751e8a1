BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'visitors','profiles_and_their_ratings','2026-11-29 01:21:48.354432+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'visitors','events_of_feedback','2026-11-29 01:21:48.354886+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'ledger','changes_noted_by_triggers','2026-11-29 01:21:48.406985+00:00');
CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(12)))), kind TEXT NOT NULL, time REAL NOT NULL, catalogue TEXT NOT NULL, user_id TEXT NOT NULL, item_id TEXT, rating REAL, event INTEGER);
INSERT INTO "changes" VALUES(4,'e4bd32715d00b9894db79458','event',1700000000.5,'films','guest-aaaaaaaaaaaa',NULL,NULL,1);
INSERT INTO "changes" VALUES(5,'74cd3127616bdacc09fa0c8f','rating',1700000000.5,'films','guest-aaaaaaaaaaaa','12',3.5,NULL);
CREATE TABLE "events" (
   "number" INTEGER PRIMARY KEY,
   "time" REAL NOT NULL,
   "kind" TEXT NOT NULL,
   "catalogue" TEXT NOT NULL,
   "user_id" TEXT,
   "session" TEXT,
   "model" TEXT,
   "version" TEXT,
   "source" TEXT,
   "endpoint" TEXT,
   "verdict" TEXT,
   "items" TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,1700000000.5,'verdict','films','guest-aaaaaaaaaaaa','s1','ease','','','','like','[{"item_id": "11", "position": 2}]');
CREATE TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "known" VALUES('3f6004a42faa23fc439129b8');
INSERT INTO "known" VALUES('7d6130ca13fdd681f7ac32bf');
INSERT INTO "known" VALUES('8b4c75da71770cb0f0af17db');
CREATE TABLE "profiles" (
   "catalogue" TEXT,
   "user_id" TEXT,
   "salt" BLOB NOT NULL,
   "hash" BLOB NOT NULL,
   "joined" REAL NOT NULL,
   PRIMARY KEY ("catalogue", "user_id")
);
INSERT INTO "profiles" VALUES('films','guest-aaaaaaaaaaaa',X'30313233343536373839616263646566',X'CFB4A699A59EE255FFD3C475CB05DD59759E6ECA53C6D1BA100A131860F86321',1700000000.5);
CREATE TABLE ratings (place INTEGER PRIMARY KEY, catalogue TEXT NOT NULL, user_id TEXT NOT NULL, item_id TEXT NOT NULL, rating REAL NOT NULL, timestamp REAL NOT NULL, UNIQUE (catalogue, user_id, item_id), FOREIGN KEY (catalogue, user_id) REFERENCES profiles (catalogue, user_id) ON DELETE CASCADE);
INSERT INTO "ratings" VALUES(1,'films','guest-aaaaaaaaaaaa','10',5.0,1700000000.5);
INSERT INTO "ratings" VALUES(2,'films','guest-aaaaaaaaaaaa','11',4.0,1700000000.5);
INSERT INTO "ratings" VALUES(3,'films','guest-aaaaaaaaaaaa','12',3.5,1700000000.5);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_ratings_catalogue_timestamp"
    ON "ratings" ("catalogue", "timestamp");
CREATE INDEX "idx_events_catalogue_kind_time"
    ON "events" ("catalogue", "kind", "time");
CREATE TRIGGER joined AFTER INSERT ON profiles BEGIN INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event) VALUES ('profile', NEW.joined, NEW.catalogue, NEW.user_id, NULL, NULL, NULL); END;
CREATE TRIGGER left_for_good AFTER DELETE ON profiles BEGIN INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event) VALUES ('forget', (julianday('now') - 2440587.5) * 86400.0, OLD.catalogue, OLD.user_id, NULL, NULL, NULL); END;
CREATE TRIGGER rated AFTER INSERT ON ratings BEGIN DELETE FROM changes WHERE number = (SELECT max(number) FROM changes) AND kind = 'unrating' AND catalogue = NEW.catalogue AND user_id = NEW.user_id AND item_id = NEW.item_id; INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event) VALUES ('rating', NEW.timestamp, NEW.catalogue, NEW.user_id, NEW.item_id, NEW.rating, NULL); END;
CREATE TRIGGER unrated AFTER DELETE ON ratings WHEN EXISTS (SELECT 1 FROM profiles WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id) BEGIN INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event) VALUES ('unrating', max((julianday('now') - 2440587.5) * 86400.0, OLD.timestamp), OLD.catalogue, OLD.user_id, OLD.item_id, NULL, NULL); END;
CREATE TRIGGER told AFTER INSERT ON events BEGIN INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event) VALUES ('event', NEW.time, NEW.catalogue, NEW.user_id, NULL, NULL, NEW.number); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('changes',5);
COMMIT;
