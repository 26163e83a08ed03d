BEGIN TRANSACTION;
CREATE TABLE access_token (
	sha256 VARCHAR(64) NOT NULL, 
	user_id VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_access_token PRIMARY KEY (sha256), 
	CONSTRAINT fk_access_token_user_id FOREIGN KEY(user_id) REFERENCES account (user_id)
);
CREATE TABLE account (
	user_id VARCHAR(200) NOT NULL, 
	name VARCHAR(1000) NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (user_id)
);
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
INSERT INTO "conversation" VALUES('c-1','Maria Berg','Wants the refund today.','refunds','en',1,'normal','human','confidence',0,0.41,0.6,3,'handoff',1,'2026-11-20 11:05:00.000000','2026-11-20 10:35:00.000000','2026-11-20 11:05:00.000000','ana','Ana Ruiz','2026-11-20 10:50:00.000000',1,'510afaafa7af6de6ce75c0da556f800200cc7d5384f616b038b40d60870c31a3','{"id":"c-1","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":{"gate":"confidence","inferred":false,"value":0.41,"threshold":0.6,"policy_version":null,"to_tier":1,"at_turn":2,"at":"2026-11-20T10:35:00Z","reason":"","message_to_customer":null,"ask":"Wants the refund today.","did":[],"promised":[],"already_asked":[],"missing":[],"next_steps":[],"unsent_draft":null},"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
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
INSERT INTO "correction" VALUES('1-0','c-1',2,'ana','Ana Ruiz','tier1','{"assertions":[],"author_id":"ana","codes":["wrong_fact"],"conversation_id":"c-1","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"1-0","labels":[],"note":"1: Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 ","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}','bf0a51be89ae640ea53e1911f5100b3d702f7069cd91add9503cf9d850d86376','stored','2026-11-20 10:45:00.000000');
INSERT INTO "correction" VALUES('1-1','c-1',2,'ana','Ana Ruiz','tier1','{"assertions":[],"author_id":"ana","codes":["wrong_fact"],"conversation_id":"c-1","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"1-1","labels":[],"note":"2: Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 Your refund takes five days. 👪 ","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}','d87de018d01540972016b115877d75d259376df2339acb64ca96d94210a57b01','stored','2026-11-20 10:45:00.000000');
CREATE TABLE event (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(40) NOT NULL, 
	conversation_id VARCHAR(200) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT fk_event_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);
INSERT INTO "event" VALUES(1,'conversation_imported','c-1','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(2,'claim_changed','c-1','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(3,'correction_stored','c-1','2026-11-20 10:45:00.000000');
INSERT INTO "event" VALUES(4,'correction_stored','c-1','2026-11-20 10:45:00.000000');
CREATE INDEX ix_conversation_urgency_answer_by_id ON conversation (urgency, answer_by, id);
CREATE INDEX ix_correction_conversation_id ON correction (conversation_id);
CREATE INDEX ix_correction_author_id ON correction (author_id);
CREATE INDEX ix_access_token_user_id ON access_token (user_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',4);
COMMIT;
