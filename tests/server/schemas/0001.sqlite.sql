BEGIN TRANSACTION;
CREATE TABLE access_token (
	sha256 VARCHAR(64) NOT NULL, 
	user_id VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_access_token PRIMARY KEY (sha256), 
	CONSTRAINT fk_access_token_user_id FOREIGN KEY(user_id) REFERENCES account (user_id)
);
INSERT INTO "access_token" VALUES('2d9946df04181f782987f1b0413d868a01c799a00ed0e7c833e36173d240e095','ana','2026-11-20 10:45:00.000000');
CREATE TABLE account (
	user_id VARCHAR(200) NOT NULL, 
	name VARCHAR(1000) NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (user_id)
);
INSERT INTO "account" VALUES('ana','Ana Ruiz','tier1');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE conversation (
	id VARCHAR(200) NOT NULL, 
	customer_name VARCHAR(1000) NOT NULL, 
	ask VARCHAR(1000) NOT NULL, 
	topic VARCHAR(1000) NOT NULL, 
	language VARCHAR(1000), 
	tier INTEGER NOT NULL, 
	priority VARCHAR(40) NOT NULL, 
	owner_state VARCHAR(40) NOT NULL, 
	gate VARCHAR(40), 
	gate_inferred BOOLEAN NOT NULL, 
	gate_value DOUBLE, 
	gate_threshold DOUBLE, 
	turns INTEGER NOT NULL, 
	queued_for VARCHAR(40) NOT NULL, 
	urgency INTEGER NOT NULL, 
	answer_by DATETIME NOT NULL, 
	waiting_since DATETIME NOT NULL, 
	due_at DATETIME, 
	holder_id VARCHAR(200), 
	holder_name VARCHAR(1000), 
	lease_until DATETIME, 
	epoch INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_conversation PRIMARY KEY (id)
);
INSERT INTO "conversation" VALUES('waits','Maria Berg','Wants the refund today.','refunds','en',1,'normal','waiting','confidence',0,0.41,0.6,3,'handoff',1,'2026-11-20 11:05:00.000000','2026-11-20 10:35:00.000000','2026-11-20 11:05:00.000000','ana','Ana Ruiz',NULL,1,'49594d5ec7a9a4b68c070d4da4bd9892a3daf03aa90e7c00e028bfe4deb8db56','{"id":"waits","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":{"gate":"confidence","inferred":false,"value":0.41,"threshold":0.6,"policy_version":null,"to_tier":1,"at_turn":2,"at":"2026-11-20T10:35:00Z","reason":"","message_to_customer":null,"ask":"Wants the refund today.","did":[],"promised":[],"already_asked":[],"missing":[],"next_steps":[],"unsent_draft":null},"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
INSERT INTO "conversation" VALUES('held','Maria Berg','“Ünïcode” 🙂','refunds','en',1,'normal','human','confidence',0,0.41,0.6,3,'handoff',1,'2026-11-20 11:05:00.000000','2026-11-20 10:35:00.000000','2026-11-20 11:05:00.000000','ben','Ben Okafor','2026-11-20 10:50:00.000000',1,'bdb9bbdcdc7a2f85608943ebfbad4f586b8396e93ef151e4f85b9c40b367f886','{"id":"held","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":{"gate":"confidence","inferred":false,"value":0.41,"threshold":0.6,"policy_version":null,"to_tier":1,"at_turn":2,"at":"2026-11-20T10:35:00Z","reason":"","message_to_customer":null,"ask":"“Ünïcode” 🙂","did":[],"promised":[],"already_asked":[],"missing":[],"next_steps":[],"unsent_draft":null},"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
INSERT INTO "conversation" VALUES('kept','Maria Berg','Where is my refund?','refunds','en',1,'normal','ai',NULL,0,NULL,NULL,3,'qa',1,'2026-11-20 10:35:00.000000','2026-11-20 10:35:00.000000',NULL,NULL,NULL,NULL,0,'df03ca6198d6154e7a2c67734e5b6f0fca6a237e9ec4f781adb1c641fd20a006','{"id":"kept","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":null,"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
CREATE TABLE correction (
	id VARCHAR(200) NOT NULL, 
	conversation_id VARCHAR(200) NOT NULL, 
	turn INTEGER NOT NULL, 
	author_id VARCHAR(200) NOT NULL, 
	author_name VARCHAR(1000) NOT NULL, 
	author_role VARCHAR(40) NOT NULL, 
	body TEXT NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	received_at DATETIME NOT NULL, 
	CONSTRAINT pk_correction PRIMARY KEY (id), 
	CONSTRAINT fk_correction_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);
INSERT INTO "correction" VALUES('stored','waits',2,'ana','Ana Ruiz','tier1','{"assertions":[],"author_id":"ana","codes":["wrong_fact"],"conversation_id":"waits","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"stored","labels":[],"note":"","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}','56a910d3bacb00a530f6bbc5e42f163417ca7ad9d4b0af871ea0d5f130e8b052','stored','2026-11-20 10:45:00.000000');
INSERT INTO "correction" VALUES('late','waits',2,'ben','Ben Okafor','tier1','{"assertions":[],"author_id":"ben","codes":["wrong_fact"],"conversation_id":"waits","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"late","labels":[],"note":"","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}','3057151adf497816160b14e66ca8edc5fcdc242f1737a7401157f0c2d65e2105','late_needs_review','2026-11-20 10:45:00.000000');
CREATE TABLE event (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(40) NOT NULL, 
	conversation_id VARCHAR(200) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT fk_event_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);
INSERT INTO "event" VALUES(1,'conversation_imported','waits','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(2,'conversation_imported','held','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(3,'conversation_imported','kept','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(4,'claim_changed','waits','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(5,'correction_stored','waits','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(6,'claim_changed','waits','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(7,'correction_stored','waits','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(8,'claim_changed','held','2026-11-20 10:45:00.000000');
CREATE INDEX ix_conversation_urgency_answer_by_id ON conversation (urgency, answer_by, id);
CREATE INDEX ix_correction_conversation_id ON correction (conversation_id);
CREATE INDEX ix_correction_author_id ON correction (author_id);
CREATE INDEX ix_access_token_user_id ON access_token (user_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',8);
COMMIT;
