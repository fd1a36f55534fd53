BEGIN TRANSACTION;
CREATE TABLE act_items (id TEXT PRIMARY KEY, "act" TEXT, "image" TEXT, "before" TEXT, "after" TEXT) WITHOUT ROWID;
INSERT INTO "act_items" VALUES('1a21b754487e461e89da4d0355c','1a21b7544850dd12be33e885dee','i1','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Red","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b75448f8fa96d18714f43bc','1a21b75448ecb476a239c7f02f2','i2','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Fox","who":"person","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b7544976498ba422385e1e7','1a21b7544952baaaff9d9b6e29d','i3','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Blue","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}');
INSERT INTO "act_items" VALUES('1a21b75449e90ac1799692aa038','1a21b75449c25aae95516d06a47','i4','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Red","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Red","who":"machine","trashed_at":1795756999.8379323,"note":""}');
INSERT INTO "act_items" VALUES('1a21b7544a5968465a929dac0cc','1a21b7544a3110908a1c5f7d94c','i5','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Green","who":"machine","trashed_at":0.0,"note":""}','{"collection":"1a21b75446b965b730ff3fcde76","label":"Green","who":"machine","trashed_at":0.0,"note":""}');
INSERT INTO "act_items" VALUES('1a21b7544b07ee38fe540e5404c','1a21b7544ad460e4d7617311903','i3','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Blue","who":"machine","trashed_at":0.0,"note":"by the pond"}','{"collection":"1a21b754469196ed0ddc14e5d21","label":"Navy","who":"machine","trashed_at":0.0,"note":"by the pond"}');
CREATE TABLE acts (id TEXT PRIMARY KEY, "collection" TEXT, "by" TEXT, "at" REAL, "kind" TEXT, "summary" TEXT, "count" INTEGER, "undone_at" REAL, "undone_by" TEXT, "renamed_before" TEXT, "target" TEXT, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "acts" VALUES('1a21b7544850dd12be33e885dee','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1795756999.81343,'confirm','Confirmed',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b75448ecb476a239c7f02f2','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1.79575699982203698156e+09,'relabel','Relabelled as Fox',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b7544952baaaff9d9b6e29d','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1.79575699982927870744e+09,'note','Changed the note',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b75449c25aae95516d06a47','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1.79575699983630013463e+09,'trash','Moved to the trash',1,0.0,'','null','',2);
INSERT INTO "acts" VALUES('1a21b7544a3110908a1c5f7d94c','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1.79575699984330582623e+09,'move','Moved to Heath',1,0.0,'','null','1a21b75446b965b730ff3fcde76',2);
INSERT INTO "acts" VALUES('1a21b7544ad460e4d7617311903','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2',1.79575699985371041293e+09,'rename','Renamed Blue to Navy',1,0.0,'','null','',2);
CREATE TABLE annotations (id TEXT PRIMARY KEY, "image" TEXT, "label" TEXT, "kind" TEXT, "by" TEXT, "at" REAL, "act" TEXT, "via" TEXT) WITHOUT ROWID;
INSERT INTO "annotations" VALUES('1a21b754487c16d4e6695f7329b','i1','Red','confirmed','1a21b75442ffc41f3c7a9abc8e2',1.79575699981550836563e+09,'1a21b7544850dd12be33e885dee','');
INSERT INTO "annotations" VALUES('1a21b75448fc7ef5d4ee5bdb71f','i2','Fox','corrected','1a21b75442ffc41f3c7a9abc8e2',1.79575699982389211653e+09,'1a21b75448ecb476a239c7f02f2','');
CREATE TABLE claims (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "claims" VALUES('first-account');
CREATE TABLE collections (id TEXT PRIMARY KEY, "name" TEXT, "created_by" TEXT, "created_at" REAL, "threshold" INTEGER, "favourites" TEXT, "renamed" TEXT, "trashed_at" REAL, "version" INTEGER, "model" TEXT) WITHOUT ROWID;
INSERT INTO "collections" VALUES('1a21b754469196ed0ddc14e5d21','Pond','1a21b75442ffc41f3c7a9abc8e2',1.79575699978523969655e+09,50,'[]','[]',0.0,1,'');
INSERT INTO "collections" VALUES('1a21b75446b965b730ff3fcde76','Heath','1a21b75442ffc41f3c7a9abc8e2',1.7957569997874457836e+09,50,'[]','[]',0.0,1,'');
CREATE TABLE drift_baselines (id TEXT PRIMARY KEY, "images" TEXT, "by" TEXT, "at" REAL) WITHOUT ROWID;
CREATE TABLE drift_reports (id TEXT PRIMARY KEY, "collection" TEXT, "model" TEXT, "at" REAL, "since" REAL, "pictures" INTEGER, "verdict" TEXT, "sentence" TEXT, "causes" TEXT, "firing" TEXT, "foreign" INTEGER, "estimate" REAL, "strangest" TEXT, "details" TEXT) WITHOUT ROWID;
CREATE TABLE embeddings (id TEXT PRIMARY KEY, "space" TEXT, "vector" BLOB) WITHOUT ROWID;
INSERT INTO "embeddings" VALUES('i1','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i2','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i3','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i4','tiny@1',X'0000003C0040');
INSERT INTO "embeddings" VALUES('i5','tiny@1',X'0000003C0040');
CREATE TABLE images (id TEXT PRIMARY KEY, "collection" TEXT, "sha256" TEXT, "crc32" INTEGER, "size" INTEGER, "media_type" TEXT, "width" INTEGER, "height" INTEGER, "name" TEXT, "path" TEXT, "session" TEXT, "uploaded_by" TEXT, "created_at" REAL, "taken" TEXT, "day" TEXT, "camera" TEXT, "latitude" REAL, "longitude" REAL, "phash" TEXT, "statistics" TEXT, "model" TEXT, "machine_label" TEXT, "confidence" REAL, "percent" INTEGER, "margin" REAL, "label" TEXT, "who" TEXT, "lottery" REAL, "note" TEXT, "search" TEXT, "novelty" REAL, "unfamiliar" INTEGER, "drift_checked_at" REAL, "drift_score" REAL, "trashed" INTEGER, "trashed_at" REAL, "version" INTEGER, "capture" TEXT DEFAULT '{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}', "reading" INTEGER DEFAULT 0) WITHOUT ROWID;
INSERT INTO "images" VALUES('i1','1a21b754469196ed0ddc14e5d21','0000000000000000000000000000000000000000000000000000000000000001',1,101,'image/jpeg',40,30,'1.jpg','day/1.jpg','s','1a21b75442ffc41f3c7a9abc8e2',1700000001.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','person',0.1,'','1.jpg
day/1.jpg
red
',0.0,0,0.0,0.0,0,0.0,2,'{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}',0);
INSERT INTO "images" VALUES('i2','1a21b754469196ed0ddc14e5d21','0000000000000000000000000000000000000000000000000000000000000002',2,102,'image/jpeg',40,30,'2.jpg','day/2.jpg','s','1a21b75442ffc41f3c7a9abc8e2',1700000002.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Fox','person',0.2,'','2.jpg
day/2.jpg
fox
',0.0,0,0.0,0.0,0,0.0,2,'{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}',0);
INSERT INTO "images" VALUES('i3','1a21b754469196ed0ddc14e5d21','0000000000000000000000000000000000000000000000000000000000000003',3,103,'image/jpeg',40,30,'3.jpg','day/3.jpg','s','1a21b75442ffc41f3c7a9abc8e2',1700000003.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Blue',0.9,90,0.8,'Navy','machine',3.00000000000000044408e-01,'by the pond','3.jpg
day/3.jpg
navy
by the pond',0.0,0,0.0,0.0,0,0.0,3,'{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}',0);
INSERT INTO "images" VALUES('i4','1a21b754469196ed0ddc14e5d21','0000000000000000000000000000000000000000000000000000000000000004',4,104,'image/jpeg',40,30,'4.jpg','day/4.jpg','s','1a21b75442ffc41f3c7a9abc8e2',1700000004.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Red',0.9,90,0.8,'Red','machine',0.4,'','4.jpg
day/4.jpg
red
',0.0,0,0.0,0.0,1,1.79575699983793234818e+09,2,'{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}',0);
INSERT INTO "images" VALUES('i5','1a21b75446b965b730ff3fcde76','0000000000000000000000000000000000000000000000000000000000000005',5,105,'image/jpeg',40,30,'5.jpg','day/5.jpg','s','1a21b75442ffc41f3c7a9abc8e2',1700000005.0,'','2023-11-14','',NULL,NULL,'0000000000000000','[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]','tiny@1','Green',0.9,90,0.8,'Green','machine',0.5,'','5.jpg
day/5.jpg
green
',0.0,0,0.0,0.0,0,0.0,2,'{"offset":"","taken_from":"","altitude":null,"make":"","model":"","serial":"","lens":"","exposure":null,"aperture":null,"iso":null,"focal_length":null,"flash":null,"temperature":null}',0);
CREATE TABLE images_count0 (collection, trashed, label, who, percent, n INTEGER, total INTEGER, PRIMARY KEY (collection, trashed, label, who, percent)) WITHOUT ROWID;
INSERT INTO "images_count0" VALUES('1a21b754469196ed0ddc14e5d21',0,'Fox','person',90,1,102);
INSERT INTO "images_count0" VALUES('1a21b754469196ed0ddc14e5d21',0,'Navy','machine',90,1,103);
INSERT INTO "images_count0" VALUES('1a21b754469196ed0ddc14e5d21',0,'Red','person',90,1,101);
INSERT INTO "images_count0" VALUES('1a21b754469196ed0ddc14e5d21',1,'Red','machine',90,1,104);
INSERT INTO "images_count0" VALUES('1a21b75446b965b730ff3fcde76',0,'Green','machine',90,1,105);
CREATE TABLE images_count1 (uploaded_by, n INTEGER, total INTEGER, PRIMARY KEY (uploaded_by)) WITHOUT ROWID;
INSERT INTO "images_count1" VALUES('1a21b75442ffc41f3c7a9abc8e2',5,515);
CREATE TABLE installations (id TEXT PRIMARY KEY, "key" TEXT, "since" REAL) WITHOUT ROWID;
CREATE TABLE invitations (id TEXT PRIMARY KEY, "kind" TEXT, "user" TEXT, "email" TEXT, "by" TEXT, "created_at" REAL, "ends_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE jobs (id TEXT PRIMARY KEY, "kind" TEXT, "collection" TEXT, "by" TEXT, "created_at" REAL, "wants" TEXT, "state" TEXT, "done" INTEGER, "total" INTEGER, "cursor" TEXT, "lease_until" REAL, "attempts" INTEGER, "words" TEXT, "result" TEXT, "finished_at" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE logbook (id TEXT PRIMARY KEY, "at" REAL, "kind" TEXT, "by" TEXT, "about" TEXT, "detail" TEXT, "address" TEXT) WITHOUT ROWID;
CREATE TABLE members (id TEXT PRIMARY KEY, "collection" TEXT, "user" TEXT, "role" TEXT, "since" REAL, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "members" VALUES('090c41f42922d05064f07a3ad2ba6789','1a21b75446b965b730ff3fcde76','1a21b75442ffc41f3c7a9abc8e2','owner',1.7957569997874457836e+09,1);
INSERT INTO "members" VALUES('2e5fcf3b9fd6ed9d0937980c36b87761','1a21b754469196ed0ddc14e5d21','1a21b75442ffc41f3c7a9abc8e2','owner',1.79575699978523969655e+09,1);
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
CREATE TABLE tokens (id TEXT PRIMARY KEY, "hash" TEXT, "user" TEXT, "name" TEXT, "scopes" TEXT, "created_at" REAL, "used_at" REAL, "version" INTEGER, "ends_at" REAL DEFAULT 0.0) WITHOUT ROWID;
CREATE TABLE tries (id TEXT PRIMARY KEY, "count" INTEGER, "since" REAL, "version" INTEGER, "known" INTEGER DEFAULT 0, "faded_at" REAL DEFAULT 0.0) WITHOUT ROWID;
CREATE TABLE try_on_items (id TEXT PRIMARY KEY, "job" TEXT, "image" TEXT, "before" TEXT, "after" TEXT, "pair" TEXT, "confidence" REAL) WITHOUT ROWID;
CREATE TABLE turns (id TEXT PRIMARY KEY, "until" REAL, "version" INTEGER) WITHOUT ROWID;
CREATE TABLE users (id TEXT PRIMARY KEY, "email" TEXT, "name" TEXT, "password" TEXT, "role" TEXT, "created_at" REAL, "disabled" INTEGER, "version" INTEGER) WITHOUT ROWID;
INSERT INTO "users" VALUES('1a21b75442ffc41f3c7a9abc8e2','ada@example.org','Ada','$argon2id$v=19$m=19456,t=2,p=1$V/tIksIDuSE+qUBm3BeuuQ$4jv5x/9cqVTNAuJiIB4+jBYXeKGveRAT+G/RhFYDmuc','admin',1.7957569997821753025e+09,0,1);
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
CREATE INDEX drift_reports_collection_at_id ON drift_reports (collection, at, id);
CREATE INDEX try_on_items_job_pair_confidence_id ON try_on_items (job, pair, confidence, id);
CREATE INDEX tries_known_since ON tries (known, since);
CREATE INDEX logbook_at_id ON logbook (at, id);
CREATE INDEX logbook_by ON logbook (by);
CREATE INDEX logbook_about ON logbook (about);
CREATE INDEX images_collection_trashed_taken_id ON images (collection, trashed, taken, id);
CREATE INDEX images_collection_trashed_label_taken_id ON images (collection, trashed, label, taken, id);
COMMIT;
PRAGMA user_version = 4;
