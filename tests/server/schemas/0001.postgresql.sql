SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.access_token (
    sha256 character varying(64) NOT NULL,
    user_id character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.account (
    user_id character varying(200) NOT NULL,
    name character varying(1000) NOT NULL,
    role character varying(40) NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.conversation (
    id character varying(200) NOT NULL,
    customer_name character varying(1000) NOT NULL,
    ask character varying(1000) NOT NULL,
    topic character varying(1000) NOT NULL,
    language character varying(1000),
    tier integer NOT NULL,
    priority character varying(40) NOT NULL,
    owner_state character varying(40) NOT NULL,
    gate character varying(40),
    gate_inferred boolean NOT NULL,
    gate_value double precision,
    gate_threshold double precision,
    turns integer NOT NULL,
    queued_for character varying(40) NOT NULL,
    urgency integer NOT NULL,
    answer_by timestamp with time zone NOT NULL,
    waiting_since timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    holder_id character varying(200),
    holder_name character varying(1000),
    lease_until timestamp with time zone,
    epoch integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    document text NOT NULL
);
CREATE TABLE public.correction (
    id character varying(200) NOT NULL,
    conversation_id character varying(200) NOT NULL,
    turn integer NOT NULL,
    author_id character varying(200) NOT NULL,
    author_name character varying(1000) NOT NULL,
    author_role character varying(40) NOT NULL,
    body text NOT NULL,
    body_sha256 character varying(64) NOT NULL,
    state character varying(40) NOT NULL,
    received_at timestamp with time zone NOT NULL
);
CREATE TABLE public.event (
    seq integer NOT NULL,
    kind character varying(40) NOT NULL,
    conversation_id character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.event_seq_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.event_seq_seq OWNED BY public.event.seq;
ALTER TABLE ONLY public.event ALTER COLUMN seq SET DEFAULT nextval('public.event_seq_seq'::regclass);
INSERT INTO public.access_token VALUES ('74eb985910486e421b46644388396af240ab56da0335060e4d0a922d4c9c4d84', 'ana', '2026-11-20 10:45:00+00');
INSERT INTO public.account VALUES ('ana', 'Ana Ruiz', 'tier1');
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.conversation VALUES ('kept', 'Maria Berg', 'Where is my refund?', 'refunds', 'en', 1, 'normal', 'ai', NULL, false, NULL, NULL, 3, 'qa', 1, '2026-11-20 10:35:00+00', '2026-11-20 10:35:00+00', NULL, NULL, NULL, NULL, 0, 'df03ca6198d6154e7a2c67734e5b6f0fca6a237e9ec4f781adb1c641fd20a006', '{"id":"kept","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":null,"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
INSERT INTO public.conversation VALUES ('waits', 'Maria Berg', 'Wants the refund today.', 'refunds', 'en', 1, 'normal', 'waiting', 'confidence', false, 0.41, 0.6, 3, 'handoff', 1, '2026-11-20 11:05:00+00', '2026-11-20 10:35:00+00', '2026-11-20 11:05:00+00', 'ana', 'Ana Ruiz', NULL, 1, '49594d5ec7a9a4b68c070d4da4bd9892a3daf03aa90e7c00e028bfe4deb8db56', '{"id":"waits","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":{"gate":"confidence","inferred":false,"value":0.41,"threshold":0.6,"policy_version":null,"to_tier":1,"at_turn":2,"at":"2026-11-20T10:35:00Z","reason":"","message_to_customer":null,"ask":"Wants the refund today.","did":[],"promised":[],"already_asked":[],"missing":[],"next_steps":[],"unsent_draft":null},"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
INSERT INTO public.conversation VALUES ('held', 'Maria Berg', '“Ünïcode” 🙂', 'refunds', 'en', 1, 'normal', 'human', 'confidence', false, 0.41, 0.6, 3, 'handoff', 1, '2026-11-20 11:05:00+00', '2026-11-20 10:35:00+00', '2026-11-20 11:05:00+00', 'ben', 'Ben Okafor', '2026-11-20 10:50:00+00', 1, 'bdb9bbdcdc7a2f85608943ebfbad4f586b8396e93ef151e4f85b9c40b367f886', '{"id":"held","customer":{"id":"c-1","name":"Maria Berg","email":"maria@mail.example.se","phone":"+46701234567","facts":[]},"topic":"refunds","language":"en","priority":"normal","model":null,"prompt_version":null,"policy_version":null,"prompt":"","opened_at":null,"handoff":{"gate":"confidence","inferred":false,"value":0.41,"threshold":0.6,"policy_version":null,"to_tier":1,"at_turn":2,"at":"2026-11-20T10:35:00Z","reason":"","message_to_customer":null,"ask":"“Ünïcode” 🙂","did":[],"promised":[],"already_asked":[],"missing":[],"next_steps":[],"unsent_draft":null},"turns":[{"number":1,"speaker":"customer","text":"Where is my refund?","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"Where is my refund?","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":2,"speaker":"ai","text":"Your refund arrives tomorrow.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"assistant","content":"Your refund arrives tomorrow.","tool_calls":[],"tool_call_id":null,"name":null}]},{"number":3,"speaker":"customer","text":"That is not true.","at":"2026-11-20T10:35:00Z","ai":null,"messages":[{"role":"user","content":"That is not true.","tool_calls":[],"tool_call_id":null,"name":null}]}],"earlier_contacts":[],"outcome":[]}');
INSERT INTO public.correction VALUES ('stored', 'waits', 2, 'ana', 'Ana Ruiz', 'tier1', '{"assertions":[],"author_id":"ana","codes":["wrong_fact"],"conversation_id":"waits","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"stored","labels":[],"note":"","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}', '56a910d3bacb00a530f6bbc5e42f163417ca7ad9d4b0af871ea0d5f130e8b052', 'stored', '2026-11-20 10:45:00+00');
INSERT INTO public.correction VALUES ('late', 'waits', 2, 'ben', 'Ben Okafor', 'tier1', '{"assertions":[],"author_id":"ben","codes":["wrong_fact"],"conversation_id":"waits","corrected_text":"Your refund arrives within five days.","epoch":1,"handoff_gate":null,"hunks":[{"end":28,"removed":"tomorrow","replacement":"within five days","scope":"teach","start":20}],"id":"late","labels":[],"note":"","opened_at":"2026-11-20T10:45:00Z","original_sha256":"33a0082ab517a2965ab05f53118da474ec3bc58dccf78fd0078883d493b7e36e","root_cause":null,"severity":null,"should_have_handed_off":false,"source_verdicts":[],"submitted_at":"2026-11-20T10:45:00Z","taxonomy_version":"2026.1","tool_calls":[],"turn":2}', '3057151adf497816160b14e66ca8edc5fcdc242f1737a7401157f0c2d65e2105', 'late_needs_review', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (1, 'conversation_imported', 'waits', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (2, 'conversation_imported', 'held', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (3, 'conversation_imported', 'kept', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (4, 'claim_changed', 'waits', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (5, 'correction_stored', 'waits', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (6, 'claim_changed', 'waits', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (7, 'correction_stored', 'waits', '2026-11-20 10:45:00+00');
INSERT INTO public.event VALUES (8, 'claim_changed', 'held', '2026-11-20 10:45:00+00');
SELECT pg_catalog.setval('public.event_seq_seq', 8, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT pk_access_token PRIMARY KEY (sha256);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT pk_account PRIMARY KEY (user_id);
ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT pk_conversation PRIMARY KEY (id);
ALTER TABLE ONLY public.correction
    ADD CONSTRAINT pk_correction PRIMARY KEY (id);
CREATE INDEX ix_access_token_user_id ON public.access_token USING btree (user_id);
CREATE INDEX ix_conversation_urgency_answer_by_id ON public.conversation USING btree (urgency, answer_by, id);
CREATE INDEX ix_correction_author_id ON public.correction USING btree (author_id);
CREATE INDEX ix_correction_conversation_id ON public.correction USING btree (conversation_id);
ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT fk_access_token_user_id FOREIGN KEY (user_id) REFERENCES public.account(user_id);
ALTER TABLE ONLY public.correction
    ADD CONSTRAINT fk_correction_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT fk_event_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);
