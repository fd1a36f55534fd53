BEGIN TRANSACTION;
CREATE TABLE act_items (id TEXT PRIMARY KEY, "act" TEXT, "image" TEXT, "before" TEXT, "after" TEXT) WITHOUT ROWID;
INSERT INTO "act_items" VALUES('1a21b753e4029bd5a3933da124e','1a21b753e3ec9dde706a5567ef7','i1','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Red","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b753e478578b6e93fdd159a','1a21b753e463e149dd10302081d','i2','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Fox","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b753e4edf58e38777636913','1a21b753e4cea3907fa459e602d','i3','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Blue","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}');
INSERT INTO "act_items" VALUES('1a21b753e555759e1064b4e2c19','1a21b753e5317667eea746eb8ad','i4','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Red","who":"machine","trashed_at":1795756998.2291234,"note":""}');
INSERT INTO "act_items" VALUES('1a21b753e5b89e71460c57b5512','1a21b753e5a19f5def99f169685','i5','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b753e2c55920e54ee46808c","label":"Green","who":"machine","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b753e666448dbd9dfefb0e8','1a21b753e6447dcb372905afaf9','i3','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}','{"collection":"1a21b753e2a88a6996e8d1b3ef3","label":"Navy","who":"machine","trashed_at":0.0,"note":"by the pond"}');
CREATE TABLE acts (id TEXT PRIMARY KEY, "collection" TEXT, "by" TEXT, "at" REAL, "kind" TEXT, "summary" TEXT, "count" INTEGER, "undone_at" REAL, "undone_by" TEXT, "renamed_before" TEXT, "target" TEXT, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "acts" VALUES('1a21b753e3ec9dde706a5567ef7','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1795756998.20635,'confirm','Confirmed',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b753e463e149dd10302081d','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1.79575699821423029898e+09,'relabel','Relabelled as Fox',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b753e4cea3907fa459e602d','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1.79575699822100400926e+09,'note','Changed the note',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b753e5317667eea746eb8ad','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1.79575699822765564922e+09,'trash','Moved to the trash',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b753e5a19f5def99f169685','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1.79575699823430418966e+09,'move','Moved to Heath',1,0.0,'','null','1a21b753e2c55920e54ee46808c',2);
INSERT INTO "acts" VALUES('1a21b753e6447dcb372905afaf9','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf',1.79575699824453401563e+09,'rename','Renamed Blue to Navy',1,0.0,'','null','',2);
CREATE TABLE annotations (id TEXT PRIMARY KEY, "image" TEXT, "label" TEXT, "kind" TEXT, "by" TEXT, "at" REAL, "act" TEXT, "via" TEXT) WITHOUT ROWID;
INSERT INTO "annotations" VALUES('1a21b753e402bd99ff481bb8040','i1','Red','confirmed','1a21b753deca92531b45b5f7adf',1.79575699820831227301e+09,'1a21b753e3ec9dde706a5567ef7','');
INSERT INTO "annotations" VALUES('1a21b753e474bad1194ae64209a','i2','Fox','corrected','1a21b753deca92531b45b5f7adf',1.79575699821596860891e+09,'1a21b753e463e149dd10302081d','');
CREATE TABLE claims (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "claims" VALUES('first-account');
CREATE TABLE collections (id TEXT PRIMARY KEY, "name" TEXT, "created_by" TEXT, "created_at" REAL, "threshold" INTEGER, "favourites" TEXT, "renamed" TEXT, "trashed_at" REAL, "version" INTEGER, "model" TEXT) WITHOUT ROWID;
INSERT INTO "collections" VALUES('1a21b753e2a88a6996e8d1b3ef3','Pond','1a21b753deca92531b45b5f7adf',1.79575699818649601935e+09,50,'[]','[]',0.0,1,'');
INSERT INTO "collections" VALUES('1a21b753e2c55920e54ee46808c','Heath','1a21b753deca92531b45b5f7adf',1.79575699818852472307e+09,50,'[]','[]',0.0,1,'');
CREATE TABLE embeddings (id TEXT PRIMARY KEY, "model" TEXT, "vector" BLOB) WITHOUT ROWID;
INSERT INTO "embeddings" VALUES('i1','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i2','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i3','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i4','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i5','tiny@1',X'0000003C0040');
CREATE TABLE images (id TEXT PRIMARY KEY, "collection" TEXT, "sha256" TEXT, "crc32" INTEGER, "size" INTEGER, "media_type" TEXT, "width" INTEGER, "height" INTEGER, "name" TEXT, "path" TEXT, "session" TEXT, "uploaded_by" TEXT, "created_at" REAL, "taken" TEXT, "day" TEXT, "camera" TEXT, "latitude" REAL, "longitude" REAL, "phash" TEXT, "statistics" TEXT, "model" TEXT, "machine_label" TEXT, "confidence" REAL, "percent" INTEGER, "margin" REAL, "label" TEXT, "who" TEXT, "lottery" REAL, "note" TEXT, "search" TEXT, "novelty" REAL, "unfamiliar" INTEGER, "trashed" INTEGER, "trashed_at" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "images" VALUES('i1','1a21b753e2a88a6996e8d1b3ef3','0000000000000000000000000000000000000000000000000000000000000001',1,101,'image/jpeg',40,30,'1.jpg','day/1.jpg','s','1a21b753deca92531b45b5f7adf',1700000001.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','person',0.1,'','1.jpg
day/1.jpg
red
',0.0,0,0,0.0,2);
INSERT INTO "images" VALUES('i2','1a21b753e2a88a6996e8d1b3ef3','0000000000000000000000000000000000000000000000000000000000000002',2,102,'image/jpeg',40,30,'2.jpg','day/2.jpg','s','1a21b753deca92531b45b5f7adf',1700000002.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Fox','person',0.2,'','2.jpg
day/2.jpg
fox
',0.0,0,0,0.0,2);
INSERT INTO "images" VALUES('i3','1a21b753e2a88a6996e8d1b3ef3','0000000000000000000000000000000000000000000000000000000000000003',3,103,'image/jpeg',40,30,'3.jpg','day/3.jpg','s','1a21b753deca92531b45b5f7adf',1700000003.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Blue',0.9,90,0.8,'Navy','machine',3.00000000000000044408e-01,'by the pond','3.jpg
day/3.jpg
navy
by the pond',0.0,0,0,0.0,3);
INSERT INTO "images" VALUES('i4','1a21b753e2a88a6996e8d1b3ef3','0000000000000000000000000000000000000000000000000000000000000004',4,104,'image/jpeg',40,30,'4.jpg','day/4.jpg','s','1a21b753deca92531b45b5f7adf',1700000004.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','machine',0.4,'','4.jpg
day/4.jpg
red
',0.0,0,1,1.79575699822912335399e+09,2);
INSERT INTO "images" VALUES('i5','1a21b753e2c55920e54ee46808c','0000000000000000000000000000000000000000000000000000000000000005',5,105,'image/jpeg',40,30,'5.jpg','day/5.jpg','s','1a21b753deca92531b45b5f7adf',1700000005.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Green','machine',0.5,'','5.jpg
day/5.jpg
green
',0.0,0,0,0.0,2);
CREATE TABLE images_count0 (collection, trashed, label, who, percent, n INTEGER, total INTEGER, PRIMARY KEY (collection, trashed, label, who, percent)) WITHOUT ROWID;
INSERT INTO "images_count0" VALUES('1a21b753e2a88a6996e8d1b3ef3',0,'Fox','person',90,1,102);
INSERT INTO "images_count0" VALUES('1a21b753e2a88a6996e8d1b3ef3',0,'Navy','machine',90,1,103);
INSERT INTO "images_count0" VALUES('1a21b753e2a88a6996e8d1b3ef3',0,'Red','person',90,1,101);
INSERT INTO "images_count0" VALUES('1a21b753e2a88a6996e8d1b3ef3',1,'Red','machine',90,1,104);
INSERT INTO "images_count0" VALUES('1a21b753e2c55920e54ee46808c',0,'Green','machine',90,1,105);
CREATE TABLE images_count1 (uploaded_by, n INTEGER, total INTEGER, PRIMARY KEY (uploaded_by)) WITHOUT ROWID;
INSERT INTO "images_count1" VALUES('1a21b753deca92531b45b5f7adf',5,515);
CREATE TABLE invitations (id TEXT PRIMARY KEY, "kind" TEXT, "user" TEXT, "email" TEXT, "by" TEXT, "created_at" REAL, "ends_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE jobs (id TEXT PRIMARY KEY, "kind" TEXT, "collection" TEXT, "by" TEXT, "created_at" REAL, "wants" TEXT, "state" TEXT, "done" INTEGER, "total" INTEGER, "cursor" TEXT, "lease_until" REAL, "attempts" INTEGER, "words" TEXT, "result" TEXT, "finished_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE members (id TEXT PRIMARY KEY, "collection" TEXT, "user" TEXT, "role" TEXT, "since" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "members" VALUES('544ea6d69dd66bc304575b401c225786','1a21b753e2a88a6996e8d1b3ef3','1a21b753deca92531b45b5f7adf','owner',1.79575699818649601935e+09,1);
INSERT INTO "members" VALUES('b8c3fe6d4b8f702d512463f2cac90f3a','1a21b753e2c55920e54ee46808c','1a21b753deca92531b45b5f7adf','owner',1.79575699818852472307e+09,1);
CREATE TABLE model_events (id TEXT PRIMARY KEY, "name" TEXT, "model" TEXT, "kind" TEXT, "by" TEXT, "at" REAL, "reason" TEXT) WITHOUT ROWID;
CREATE TABLE model_versions (id TEXT PRIMARY KEY, "name" TEXT, "state" TEXT, "collection" TEXT, "by" TEXT, "added_at" REAL, "card_json" TEXT, "files" TEXT, "report" TEXT, "promoted_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE offers (id TEXT PRIMARY KEY, "collection" TEXT, "email" TEXT, "role" TEXT, "by" TEXT, "at" REAL) WITHOUT ROWID;
CREATE TABLE predictions (id TEXT PRIMARY KEY, "image" TEXT, "model" TEXT, "top" TEXT, "at" REAL, "novelty" REAL) WITHOUT ROWID;
INSERT INTO "predictions" VALUES('pi1','i1','tiny@1','[{"label":"Red","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0,0.0);
INSERT INTO "predictions" VALUES('pi2','i2','tiny@1','[{"label":"Green","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0,0.0);
INSERT INTO "predictions" VALUES('pi3','i3','tiny@1','[{"label":"Blue","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0,0.0);
INSERT INTO "predictions" VALUES('pi4','i4','tiny@1','[{"label":"Red","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0,0.0);
INSERT INTO "predictions" VALUES('pi5','i5','tiny@1','[{"label":"Green","confidence":0.9},{"label":"Other","confidence":0.1}]',1700000000.0,0.0);
CREATE TABLE sessions (id TEXT PRIMARY KEY, "user" TEXT, "created_at" REAL, "seen_at" REAL, "ends_at" REAL, "device" TEXT, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE tokens (id TEXT PRIMARY KEY, "hash" TEXT, "user" TEXT, "name" TEXT, "scopes" TEXT, "created_at" REAL, "used_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE tries (id TEXT PRIMARY KEY, "count" INTEGER, "since" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE try_on_items (id TEXT PRIMARY KEY, "job" TEXT, "image" TEXT, "before" TEXT, "after" TEXT, "pair" TEXT, "confidence" REAL) WITHOUT ROWID;
CREATE TABLE users (id TEXT PRIMARY KEY, "email" TEXT, "name" TEXT, "password" TEXT, "role" TEXT, "created_at" REAL, "disabled" INTEGER, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "users" VALUES('1a21b753deca92531b45b5f7adf','ada@example.org','Ada','$argon2id$v=19$m=19456,t=2,p=1$2wPPagxtdproXjbKgUofmg$UNyhvaLj9+LVADrXLvypVZGDQuABMhjaGIw4PxsQboQ','admin',1.79575699817903137209e+09,0,1);
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
CREATE INDEX images_collection_trashed_unfamiliar_created_at_id ON images (collection, trashed, unfamiliar, created_at, id);
CREATE INDEX images_collection_trashed_novelty_id ON images (collection, trashed, novelty, id);
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
CREATE INDEX model_versions_name_state_id ON model_versions (name, state, id);
CREATE INDEX model_versions_added_at_id ON model_versions (added_at, id);
CREATE INDEX model_events_name_at_id ON model_events (name, at, id);
CREATE INDEX jobs_state_lease_until_id ON jobs (state, lease_until, id);
CREATE INDEX jobs_collection_created_at_id ON jobs (collection, created_at, id);
CREATE INDEX try_on_items_job_pair_confidence_id ON try_on_items (job, pair, confidence, id);
COMMIT;
PRAGMA user_version = 2;
