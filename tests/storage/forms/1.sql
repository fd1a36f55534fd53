BEGIN TRANSACTION;
CREATE TABLE act_items (id TEXT PRIMARY KEY, "act" TEXT, "image" TEXT, "before" TEXT, "after" TEXT) WITHOUT ROWID;
INSERT INTO "act_items" VALUES('1a21b7539337fe1da16a3262947','1a21b75393131ef90e3f2084c57','i1','{"collection":"1a21b75391e0ec794b23e9981de","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b75391e0ec794b23e9981de","label":"Red","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b75393a7f39436268f8d264','1a21b7539392c058d22d49f2843','i2','{"collection":"1a21b75391e0ec794b23e9981de","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b75391e0ec794b23e9981de","label":"Fox","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b7539411df518d975d39cba','1a21b75393f539fc6c6f0adf286','i3','{"collection":"1a21b75391e0ec794b23e9981de","label":"Blue","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b75391e0ec794b23e9981de","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}');
INSERT INTO "act_items" VALUES('1a21b753948cbea6ae8cdee1ef3','1a21b753946d9f991fe42d63d05','i4','{"collection":"1a21b75391e0ec794b23e9981de","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b75391e0ec794b23e9981de","label":"Red","who":"machine","trashed_at":1795756996.9359734,"note":""}');
INSERT INTO "act_items" VALUES('1a21b75394e45aa881d2b14d21f','1a21b75394cb75e42a0baac7745','i5','{"collection":"1a21b75391e0ec794b23e9981de","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753921c8b0bace71b62933","label":"Green","who":"machine","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b753957031bb00c08d16ccd','1a21b75395668fda3dbe32b88e7','i3','{"collection":"1a21b75391e0ec794b23e9981de","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}','{"collection":"1a21b75391e0ec794b23e9981de","label":"Navy","who":"machine","trashed_at":0.0,"note":"by the pond"}');
CREATE TABLE acts (id TEXT PRIMARY KEY, "collection" TEXT, "by" TEXT, "at" REAL, "kind" TEXT, "summary" TEXT, "count" INTEGER, "undone_at" REAL, "undone_by" TEXT, "renamed_before" TEXT, "target" TEXT, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "acts" VALUES('1a21b75393131ef90e3f2084c57','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.7957569969133224487e+09,'confirm','Confirmed',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b7539392c058d22d49f2843','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.79575699692110562328e+09,'relabel','Relabelled as Fox',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b75393f539fc6c6f0adf286','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.79575699692793035503e+09,'note','Changed the note',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b753946d9f991fe42d63d05','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.79575699693443703651e+09,'trash','Moved to the trash',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b75394cb75e42a0baac7745','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.79575699694051909441e+09,'move','Moved to Heath',1,0.0,'','null','1a21b753921c8b0bace71b62933',2);
INSERT INTO "acts" VALUES('1a21b75395668fda3dbe32b88e7','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759',1.79575699695003294939e+09,'rename','Renamed Blue to Navy',1,0.0,'','null','',2);
CREATE TABLE annotations (id TEXT PRIMARY KEY, "image" TEXT, "label" TEXT, "kind" TEXT, "by" TEXT, "at" REAL, "act" TEXT, "via" TEXT) WITHOUT ROWID;
INSERT INTO "annotations" VALUES('1a21b75393301ee87b39b8a4e06','i1','Red','confirmed','1a21b7538b951eb14e005f56759',1.79575699691530847549e+09,'1a21b75393131ef90e3f2084c57','');
INSERT INTO "annotations" VALUES('1a21b75393ad18b914fe0998402','i2','Fox','corrected','1a21b7538b951eb14e005f56759',1.79575699692293429374e+09,'1a21b7539392c058d22d49f2843','');
CREATE TABLE claims (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "claims" VALUES('first-account');
CREATE TABLE collections (id TEXT PRIMARY KEY, "name" TEXT, "created_by" TEXT, "created_at" REAL, "threshold" INTEGER, "favourites" TEXT, "renamed" TEXT, "trashed_at" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "collections" VALUES('1a21b75391e0ec794b23e9981de','Pond','1a21b7538b951eb14e005f56759',1.7957569968949193954e+09,50,'[]','[]',0.0,1);
INSERT INTO "collections" VALUES('1a21b753921c8b0bace71b62933','Heath','1a21b7538b951eb14e005f56759',1.79575699689705634118e+09,50,'[]','[]',0.0,1);
CREATE TABLE embeddings (id TEXT PRIMARY KEY, "model" TEXT, "vector" BLOB) WITHOUT ROWID;
INSERT INTO "embeddings" VALUES('i1','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i2','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i3','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i4','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i5','tiny@1',X'0000003C0040');
CREATE TABLE images (id TEXT PRIMARY KEY, "collection" TEXT, "sha256" TEXT, "crc32" INTEGER, "size" INTEGER, "media_type" TEXT, "width" INTEGER, "height" INTEGER, "name" TEXT, "path" TEXT, "session" TEXT, "uploaded_by" TEXT, "created_at" REAL, "taken" TEXT, "day" TEXT, "camera" TEXT, "latitude" REAL, "longitude" REAL, "phash" TEXT, "statistics" TEXT, "model" TEXT, "machine_label" TEXT, "confidence" REAL, "percent" INTEGER, "margin" REAL, "label" TEXT, "who" TEXT, "lottery" REAL, "note" TEXT, "search" TEXT, "trashed" INTEGER, "trashed_at" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "images" VALUES('i1','1a21b75391e0ec794b23e9981de','0000000000000000000000000000000000000000000000000000000000000001',1,101,'image/jpeg',40,30,'1.jpg','day/1.jpg','s','1a21b7538b951eb14e005f56759',1700000001.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','person',0.1,'','1.jpg
day/1.jpg
red
',0,0.0,2);
INSERT INTO "images" VALUES('i2','1a21b75391e0ec794b23e9981de','0000000000000000000000000000000000000000000000000000000000000002',2,102,'image/jpeg',40,30,'2.jpg','day/2.jpg','s','1a21b7538b951eb14e005f56759',1700000002.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Fox','person',0.2,'','2.jpg
day/2.jpg
fox
',0,0.0,2);
INSERT INTO "images" VALUES('i3','1a21b75391e0ec794b23e9981de','0000000000000000000000000000000000000000000000000000000000000003',3,103,'image/jpeg',40,30,'3.jpg','day/3.jpg','s','1a21b7538b951eb14e005f56759',1700000003.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Blue',0.9,90,0.8,'Navy','machine',3.00000000000000044408e-01,'by the pond','3.jpg
day/3.jpg
navy
by the pond',0,0.0,3);
INSERT INTO "images" VALUES('i4','1a21b75391e0ec794b23e9981de','0000000000000000000000000000000000000000000000000000000000000004',4,104,'image/jpeg',40,30,'4.jpg','day/4.jpg','s','1a21b7538b951eb14e005f56759',1700000004.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','machine',0.4,'','4.jpg
day/4.jpg
red
',1,1.79575699693597340585e+09,2);
INSERT INTO "images" VALUES('i5','1a21b753921c8b0bace71b62933','0000000000000000000000000000000000000000000000000000000000000005',5,105,'image/jpeg',40,30,'5.jpg','day/5.jpg','s','1a21b7538b951eb14e005f56759',1700000005.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Green','machine',0.5,'','5.jpg
day/5.jpg
green
',0,0.0,2);
CREATE TABLE images_count0 (collection, trashed, label, who, percent, n INTEGER, total INTEGER, PRIMARY KEY (collection, trashed, label, who, percent)) WITHOUT ROWID;
INSERT INTO "images_count0" VALUES('1a21b75391e0ec794b23e9981de',0,'Fox','person',90,1,102);
INSERT INTO "images_count0" VALUES('1a21b75391e0ec794b23e9981de',0,'Navy','machine',90,1,103);
INSERT INTO "images_count0" VALUES('1a21b75391e0ec794b23e9981de',0,'Red','person',90,1,101);
INSERT INTO "images_count0" VALUES('1a21b75391e0ec794b23e9981de',1,'Red','machine',90,1,104);
INSERT INTO "images_count0" VALUES('1a21b753921c8b0bace71b62933',0,'Green','machine',90,1,105);
CREATE TABLE images_count1 (uploaded_by, n INTEGER, total INTEGER, PRIMARY KEY (uploaded_by)) WITHOUT ROWID;
INSERT INTO "images_count1" VALUES('1a21b7538b951eb14e005f56759',5,515);
CREATE TABLE invitations (id TEXT PRIMARY KEY, "kind" TEXT, "user" TEXT, "email" TEXT, "by" TEXT, "created_at" REAL, "ends_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE members (id TEXT PRIMARY KEY, "collection" TEXT, "user" TEXT, "role" TEXT, "since" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "members" VALUES('68d2b9023c2193075d33b39ecf6e9d99','1a21b753921c8b0bace71b62933','1a21b7538b951eb14e005f56759','owner',1.79575699689705634118e+09,1);
INSERT INTO "members" VALUES('7b88fe4b743e36cf7346b6849ab50f0b','1a21b75391e0ec794b23e9981de','1a21b7538b951eb14e005f56759','owner',1.7957569968949193954e+09,1);
CREATE TABLE offers (id TEXT PRIMARY KEY, "collection" TEXT, "email" TEXT, "role" TEXT, "by" TEXT, "at" REAL) WITHOUT ROWID;
CREATE TABLE predictions (id TEXT PRIMARY KEY, "image" TEXT, "model" TEXT, "top" TEXT, "at" REAL) WITHOUT ROWID;
INSERT INTO "predictions" VALUES('pi1','i1','tiny@1','[{"label":"Red","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0);
INSERT INTO "predictions" VALUES('pi2','i2','tiny@1','[{"label":"Green","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0);
INSERT INTO "predictions" VALUES('pi3','i3','tiny@1','[{"label":"Blue","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0);
INSERT INTO "predictions" VALUES('pi4','i4','tiny@1','[{"label":"Red","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0);
INSERT INTO "predictions" VALUES('pi5','i5','tiny@1','[{"label":"Green","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0);
CREATE TABLE sessions (id TEXT PRIMARY KEY, "user" TEXT, "created_at" REAL, "seen_at" REAL, "ends_at" REAL, "device" TEXT, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE tokens (id TEXT PRIMARY KEY, "hash" TEXT, "user" TEXT, "name" TEXT, "scopes" TEXT, "created_at" REAL, "used_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE tries (id TEXT PRIMARY KEY, "count" INTEGER, "since" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE users (id TEXT PRIMARY KEY, "email" TEXT, "name" TEXT, "password" TEXT, "role" TEXT, "created_at" REAL, "disabled" INTEGER, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "users" VALUES('1a21b7538b951eb14e005f56759','ada@example.org','Ada','$argon2id$v=19$m=19456,t=2,p=1$HrWr10rZsG+KculI7HHQpA$DhUXNX6b/F8Y+pmTG3UDjYw9g4MJBsJAVNPsajaAsiM','admin',1.79575699689175057407e+09,0,1);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX sessions_user ON sessions (user);
CREATE INDEX sessions_ends_at ON sessions (ends_at);
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_user ON tokens (user);
CREATE INDEX invitations_kind_id ON invitations (kind, id);
CREATE INDEX invitations_user ON invitations (user);
CREATE INDEX collections_trashed_at ON collections (trashed_at);
CREATE INDEX members_user_id ON members (user, id);
CREATE INDEX members_collection_id ON members (collection, id);
CREATE INDEX offers_email_id ON offers (email, id);
CREATE INDEX offers_collection_id ON offers (collection, id);
CREATE UNIQUE INDEX images_collection_sha256 ON images (collection, sha256);
CREATE INDEX images_collection_trashed_created_at_id ON images (collection, trashed, created_at, id);
CREATE INDEX images_collection_trashed_day_id ON images (collection, trashed, day, id);
CREATE INDEX images_collection_trashed_name_id ON images (collection, trashed, name, id);
CREATE INDEX images_collection_trashed_confidence_id ON images (collection, trashed, confidence, id);
CREATE INDEX images_collection_trashed_label_created_at_id ON images (collection, trashed, label, created_at, id);
CREATE INDEX images_collection_trashed_label_confidence_id ON images (collection, trashed, label, confidence, id);
CREATE INDEX images_collection_trashed_label_day_id ON images (collection, trashed, label, day, id);
CREATE INDEX images_collection_trashed_label_name_id ON images (collection, trashed, label, name, id);
CREATE INDEX images_collection_trashed_who_lottery_id ON images (collection, trashed, who, lottery, id);
CREATE INDEX images_collection_trashed_who_margin_id ON images (collection, trashed, who, margin, id);
CREATE INDEX images_collection_trashed_id ON images (collection, trashed, id);
CREATE INDEX images_sha256 ON images (sha256);
CREATE INDEX images_session ON images (session);
CREATE INDEX images_trashed_trashed_at_id ON images (trashed, trashed_at, id);
CREATE INDEX images_who_id ON images (who, id);
CREATE TRIGGER images_count0_insert AFTER INSERT ON images BEGIN INSERT INTO images_count0 VALUES (NEW.collection, NEW.trashed, NEW.label, NEW.who, NEW.percent, +1, +NEW.size) ON CONFLICT (collection, trashed, label, who, percent) DO UPDATE SET n = n + 1, total = total + NEW.size; END;
CREATE TRIGGER images_count0_delete AFTER DELETE ON images BEGIN INSERT INTO images_count0 VALUES (OLD.collection, OLD.trashed, OLD.label, OLD.who, OLD.percent, -1, -OLD.size) ON CONFLICT (collection, trashed, label, who, percent) DO UPDATE SET n = n - 1, total = total - OLD.size;DELETE FROM images_count0 WHERE collection = OLD.collection AND trashed = OLD.trashed AND label = OLD.label AND who = OLD.who AND percent = OLD.percent AND n = 0; END;
CREATE TRIGGER images_count0_update AFTER UPDATE OF collection, trashed, label, who, percent ON images BEGIN INSERT INTO images_count0 VALUES (OLD.collection, OLD.trashed, OLD.label, OLD.who, OLD.percent, -1, -OLD.size) ON CONFLICT (collection, trashed, label, who, percent) DO UPDATE SET n = n - 1, total = total - OLD.size;INSERT INTO images_count0 VALUES (NEW.collection, NEW.trashed, NEW.label, NEW.who, NEW.percent, +1, +NEW.size) ON CONFLICT (collection, trashed, label, who, percent) DO UPDATE SET n = n + 1, total = total + NEW.size;DELETE FROM images_count0 WHERE collection = OLD.collection AND trashed = OLD.trashed AND label = OLD.label AND who = OLD.who AND percent = OLD.percent AND n = 0; END;
CREATE TRIGGER images_count1_insert AFTER INSERT ON images BEGIN INSERT INTO images_count1 VALUES (NEW.uploaded_by, +1, +NEW.size) ON CONFLICT (uploaded_by) DO UPDATE SET n = n + 1, total = total + NEW.size; END;
CREATE TRIGGER images_count1_delete AFTER DELETE ON images BEGIN INSERT INTO images_count1 VALUES (OLD.uploaded_by, -1, -OLD.size) ON CONFLICT (uploaded_by) DO UPDATE SET n = n - 1, total = total - OLD.size;DELETE FROM images_count1 WHERE uploaded_by = OLD.uploaded_by AND n = 0; END;
CREATE TRIGGER images_count1_update AFTER UPDATE OF uploaded_by ON images BEGIN INSERT INTO images_count1 VALUES (OLD.uploaded_by, -1, -OLD.size) ON CONFLICT (uploaded_by) DO UPDATE SET n = n - 1, total = total - OLD.size;INSERT INTO images_count1 VALUES (NEW.uploaded_by, +1, +NEW.size) ON CONFLICT (uploaded_by) DO UPDATE SET n = n + 1, total = total + NEW.size;DELETE FROM images_count1 WHERE uploaded_by = OLD.uploaded_by AND n = 0; END;
CREATE INDEX predictions_image_at ON predictions (image, at);
CREATE INDEX annotations_image_at ON annotations (image, at);
CREATE INDEX acts_collection_at_id ON acts (collection, at, id);
CREATE INDEX acts_target_at_id ON acts (target, at, id);
CREATE INDEX acts_by_undone_at_at_id ON acts (by, undone_at, at, id);
CREATE INDEX act_items_act_id ON act_items (act, id);
CREATE INDEX act_items_image_id ON act_items (image, id);
COMMIT;
PRAGMA user_version = 1;
