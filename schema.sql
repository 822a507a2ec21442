-- The company's memory: every table, index and view, and the contract between bot and daemon.
--
-- One file for SQLite and PostgreSQL, in the subset both understand. On PostgreSQL the store first loads
-- company/store/postgres_prelude.sql (functions only) and reads INTEGER PRIMARY KEY as a 64-bit identity column.
--   * times     TEXT, UTC, ISO 8601 with milliseconds and Z ('2026-11-25T09:00:00.000Z'): they sort as strings
--   * booleans  INTEGER 0 or 1          * money  USD          * JSON  TEXT, written by the store
--   * every list ordered by a time breaks ties by id; integer ids grow in the order rows were committed
--   * a status changes only by a conditional update from a status it may come from (company/work/job.py, task.py)

-- ───────────────────────────── who works here ─────────────────────────────

-- One row a team. Seeded from config.yaml; afterwards the database wins.
CREATE TABLE IF NOT EXISTS teams (
    id          TEXT PRIMARY KEY,                     -- 'team-engineering'
    name        TEXT NOT NULL,
    domain      TEXT NOT NULL,                        -- engineering, marketing, or a custom one
    description TEXT NOT NULL DEFAULT '',
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);

-- One row an agent: shipped or hired. The counters are kept incrementally by the settlement of its tasks.
-- How it is run on this machine (runner, command, keywords, order) comes from config.yaml where the agent is named
-- there, and from these columns where it was hired.
CREATE TABLE IF NOT EXISTS agents (
    id                    TEXT PRIMARY KEY,           -- 'agent-backend'
    team_id               TEXT NOT NULL REFERENCES teams (id),
    name                  TEXT NOT NULL,
    role                  TEXT NOT NULL,
    emoji                 TEXT NOT NULL DEFAULT '',
    duty                  TEXT NOT NULL DEFAULT 'work'
                          CHECK (duty IN ('plan', 'work', 'verify', 'review')),
    llm_preference        TEXT NOT NULL,              -- a model name known to config.yaml
    runner                TEXT,                       -- NULL: the company's default runner
    command               TEXT,                       -- JSON list: argument vector for the command runner
    keywords              TEXT NOT NULL DEFAULT '[]', -- JSON list: words that call for this agent
    works_after           TEXT NOT NULL DEFAULT '[]', -- JSON list of agent ids whose work it builds on
    prompt                TEXT,                       -- NULL: the shipped prompt
    success_rate          DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (success_rate BETWEEN 0 AND 1),
    total_tasks_completed INTEGER NOT NULL DEFAULT 0 CHECK (total_tasks_completed >= 0),
    total_tasks_failed    INTEGER NOT NULL DEFAULT 0 CHECK (total_tasks_failed >= 0),
    avg_duration_seconds  DOUBLE PRECISION NOT NULL DEFAULT 0,
    is_active             INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    hired_by              TEXT,
    fired_by              TEXT,
    fired_at              TEXT,
    created_at            TEXT NOT NULL,
    updated_at            TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agents_by_team ON agents (team_id, is_active);

-- One row a repository the company may work on; kept in step with config.yaml.
CREATE TABLE IF NOT EXISTS repositories (
    id             TEXT PRIMARY KEY,                  -- 'repo-sample'
    name           TEXT NOT NULL UNIQUE,
    path           TEXT,                              -- a folder of this machine, or NULL
    github_url     TEXT,
    team_id        TEXT REFERENCES teams (id),
    default_branch TEXT,                              -- NULL: what the repository says itself
    is_active      INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    last_synced_at TEXT,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);

-- ───────────────────────────── the work ─────────────────────────────

-- One row a job. Written by company/orders (pending) and daemon/job (everything after).
--   pending -> in_progress -> completed | failed | blocked | stopped ;  pending -> failed | stopped
--   blocked -> in_progress: a person answered the question the job was waiting with
CREATE TABLE IF NOT EXISTS sessions (
    id                TEXT PRIMARY KEY,               -- 'job-<epoch ms>-<7 base36>': the one id everywhere
    team_id           TEXT NOT NULL REFERENCES teams (id),
    title             TEXT NOT NULL,
    status            TEXT NOT NULL DEFAULT 'pending'
                      CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'blocked', 'stopped')),
    phase             TEXT NOT NULL DEFAULT 'queued', -- where in the ten steps it is, for people
    target_repo       TEXT,                           -- name, path or URL; NULL: a workspace of its own
    priority_file     TEXT NOT NULL,                  -- its name inside the folder that tells its status
    priority_text     TEXT NOT NULL,                  -- the file, whole: the truth the file is written from
    start_key         TEXT NOT NULL UNIQUE,           -- what makes it one job: content, delivery id or slot
    priority          INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3), -- 0 urgent … 3 low
    depends_on        TEXT NOT NULL DEFAULT '[]',     -- JSON list of job ids that must complete first
    branch_name       TEXT,
    base_branch       TEXT,
    base_commit       TEXT,
    head_commit       TEXT,
    pr_url            TEXT,
    pr_number         INTEGER,
    pr_state          TEXT CHECK (pr_state IN ('draft', 'open', 'merged', 'closed')),
    pr_complaints     TEXT NOT NULL DEFAULT '[]',     -- JSON: red checks and requested changes, at the last look
    pr_request        TEXT CHECK (pr_request IN ('ready', 'merge', 'close')), -- what a person wants of it, until done
    pr_requested_by   TEXT,
    pr_error          TEXT,                           -- why the forge did not do it; NULL once it did
    model             TEXT,
    max_iterations    INTEGER,
    budget_usd        DOUBLE PRECISION,
    cost_usd          DOUBLE PRECISION NOT NULL DEFAULT 0,
    iteration_count   INTEGER NOT NULL DEFAULT 0,
    exit_code         INTEGER,                        -- 0 completed, 1 failed, 2 blocked, 3 stopped
    outcome           TEXT,                           -- one sentence: why it failed, is blocked or was stopped
    requested_by      TEXT NOT NULL,
    surface           TEXT NOT NULL DEFAULT 'file'
                      CHECK (surface IN ('file', 'slack', 'http', 'terminal', 'schedule', 'automation')),
    channel_id        TEXT,
    thread_ts         TEXT,                           -- Slack's, of the job's one message
    schedule_id       TEXT,
    retry_of          TEXT REFERENCES sessions (id),
    follows           TEXT REFERENCES sessions (id),  -- the job whose pull request it mends, on the same branch
    stop_requested_by TEXT,
    stop_requested_at TEXT,
    created_at        TEXT NOT NULL,
    started_at        TEXT,
    completed_at      TEXT,
    duration_seconds  DOUBLE PRECISION,
    updated_at        TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_status ON sessions (status, priority, created_at, id);
CREATE INDEX IF NOT EXISTS sessions_by_time ON sessions (created_at, id);
CREATE INDEX IF NOT EXISTS sessions_by_thread ON sessions (channel_id, thread_ts);

-- What a job's agents should know beside its priority: what stood in the thread before, files that came with it, and
-- what people wrote since. Every run from then on reads all of it. Data, never instructions of the service.
CREATE TABLE IF NOT EXISTS session_notes (
    id          INTEGER PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions (id),
    kind        TEXT NOT NULL CHECK (kind IN ('before', 'file', 'note')),
    author      TEXT NOT NULL,                        -- who wrote it, or the file's name
    body        TEXT NOT NULL,
    delivery_id TEXT UNIQUE,                          -- the platform's own id; the same words are noted once
    created_at  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS session_notes_by_session ON session_notes (session_id, id);

-- The threads that are muted: what is said there is for people, and progress is not told there.
CREATE TABLE IF NOT EXISTS session_mutes (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id),
    muted_by   TEXT NOT NULL,
    muted_at   TEXT NOT NULL
);

-- One row a run of an agent in an iteration of a job.
--   pending -> in_progress -> completed | failed | blocked ;  pending -> failed | blocked
CREATE TABLE IF NOT EXISTS tasks (
    id               TEXT PRIMARY KEY,                -- 'task-<uuid>'
    session_id       TEXT NOT NULL REFERENCES sessions (id),
    agent_id         TEXT NOT NULL REFERENCES agents (id),
    task_description TEXT NOT NULL,
    task_type        TEXT NOT NULL DEFAULT 'general', -- what kind of work, for evaluation and routing
    status           TEXT NOT NULL DEFAULT 'pending'
                     CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'blocked')),
    priority         INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3),
    llm_used         TEXT,                            -- model name; 'none' for a command
    runner           TEXT,
    error_message    TEXT,
    feedback         TEXT,                            -- JSON: completed, concerns, blockers, next_steps, questions
    commit_sha       TEXT,
    retry_count      INTEGER NOT NULL DEFAULT 0,      -- the iteration, from 0
    created_at       TEXT NOT NULL,
    started_at       TEXT,
    completed_at     TEXT,
    duration_seconds DOUBLE PRECISION,
    UNIQUE (session_id, agent_id, retry_count)
);
CREATE INDEX IF NOT EXISTS tasks_by_agent ON tasks (agent_id, completed_at, id);
CREATE INDEX IF NOT EXISTS tasks_by_status ON tasks (status, completed_at, id);

-- What an agent asks a person; a job waits for the answer in 'blocked'.
CREATE TABLE IF NOT EXISTS questions (
    id             TEXT PRIMARY KEY,
    session_id     TEXT NOT NULL REFERENCES sessions (id),
    task_id        TEXT REFERENCES tasks (id),
    agent_id       TEXT NOT NULL REFERENCES agents (id),
    kind           TEXT NOT NULL DEFAULT 'question' CHECK (kind IN ('question', 'tool')),
    question       TEXT NOT NULL,
    options        TEXT NOT NULL DEFAULT '[]',
    default_answer TEXT,
    status         TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'expired')),
    answer         TEXT,
    answered_by    TEXT,
    asked_at       TEXT NOT NULL,
    expires_at     TEXT,
    answered_at    TEXT
);
CREATE INDEX IF NOT EXISTS questions_by_session ON questions (session_id, status);

-- One row a measured call of a model.
CREATE TABLE IF NOT EXISTS llm_usage (
    id            INTEGER PRIMARY KEY,
    task_id       TEXT NOT NULL REFERENCES tasks (id),
    model         TEXT NOT NULL,
    input_tokens  INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cost_usd      DOUBLE PRECISION NOT NULL DEFAULT 0,
    is_estimate   INTEGER NOT NULL DEFAULT 0 CHECK (is_estimate IN (0, 1)),
    duration_ms   INTEGER NOT NULL DEFAULT 0,
    used_at       TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS llm_usage_by_task ON llm_usage (task_id);
CREATE INDEX IF NOT EXISTS llm_usage_by_time ON llm_usage (used_at, id);

-- ───────────────────────────── what it learns ─────────────────────────────

-- A number measured about something, with its context.
CREATE TABLE IF NOT EXISTS metrics (
    id           INTEGER PRIMARY KEY,
    entity_type  TEXT NOT NULL CHECK (entity_type IN ('session', 'task', 'agent', 'experiment', 'pattern')),
    entity_id    TEXT NOT NULL,
    metric_name  TEXT NOT NULL,
    metric_value DOUBLE PRECISION NOT NULL,
    context      TEXT NOT NULL DEFAULT '{}',
    recorded_at  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS metrics_by_entity ON metrics (entity_type, entity_id, metric_name, recorded_at, id);

-- The ledger. One row a cause, so that nothing is ever paid twice.
CREATE TABLE IF NOT EXISTS rewards (
    id           INTEGER PRIMARY KEY,
    entity_type  TEXT NOT NULL CHECK (entity_type IN ('task', 'session', 'experiment', 'agent')),
    entity_id    TEXT NOT NULL,
    cause        TEXT NOT NULL,                       -- 'completed', 'merged', 'feedback:U123' …
    reward_value DOUBLE PRECISION NOT NULL,
    reason       TEXT NOT NULL,
    issued_at    TEXT NOT NULL,
    UNIQUE (entity_type, entity_id, cause)
);
CREATE INDEX IF NOT EXISTS rewards_by_time ON rewards (issued_at, id);

-- One treatment against what is done by default. A decision is final until a person reopens it.
CREATE TABLE IF NOT EXISTS experiments (
    id                   TEXT PRIMARY KEY,            -- 'exp-<uuid>'
    name                 TEXT NOT NULL UNIQUE,
    description          TEXT NOT NULL DEFAULT '',
    status               TEXT NOT NULL DEFAULT 'active'
                         CHECK (status IN ('active', 'successful', 'failed', 'killed')),
    success_metric       TEXT NOT NULL DEFAULT 'success_rate',
    target_value         DOUBLE PRECISION NOT NULL DEFAULT 0.9,
    current_value        DOUBLE PRECISION NOT NULL DEFAULT 0,
    sample_size          INTEGER NOT NULL DEFAULT 0,  -- attempts, not evaluations
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    decision             TEXT NOT NULL DEFAULT 'keep' CHECK (decision IN ('keep', 'kill', 'double_down')),
    decision_reason      TEXT,
    decided_at           TEXT,
    created_by           TEXT NOT NULL,
    ends_at              TEXT,
    created_at           TEXT NOT NULL,
    updated_at           TEXT NOT NULL
);

-- What an experiment tries, and the default it is tried against.
CREATE TABLE IF NOT EXISTS experiment_arms (
    id            TEXT PRIMARY KEY,
    experiment_id TEXT NOT NULL REFERENCES experiments (id),
    kind          TEXT NOT NULL CHECK (kind IN ('agent', 'model', 'prompt', 'runner')),
    value         TEXT NOT NULL,
    is_treatment  INTEGER NOT NULL CHECK (is_treatment IN (0, 1)),
    share         DOUBLE PRECISION NOT NULL DEFAULT 0.5 CHECK (share BETWEEN 0 AND 1),
    created_at    TEXT NOT NULL,
    UNIQUE (experiment_id, is_treatment)
);

-- Which arm or route a task was given, and how probable that was when it was drawn.
CREATE TABLE IF NOT EXISTS assignments (
    id            INTEGER PRIMARY KEY,
    task_id       TEXT NOT NULL UNIQUE REFERENCES tasks (id),
    experiment_id TEXT REFERENCES experiments (id),
    arm_id        TEXT REFERENCES experiment_arms (id),
    route         TEXT NOT NULL DEFAULT '{}',         -- JSON: agent, model, runner chosen
    probability   DOUBLE PRECISION NOT NULL CHECK (probability > 0 AND probability <= 1),
    reason        TEXT NOT NULL DEFAULT '',
    assigned_at   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS assignments_by_arm ON assignments (arm_id, id);

-- What keeps happening. Detection never changes what a person decided.
CREATE TABLE IF NOT EXISTS patterns (
    id                TEXT PRIMARY KEY,               -- 'pattern-<uuid>'
    pattern_type      TEXT NOT NULL CHECK (pattern_type IN ('success', 'failure', 'user_repetition')),
    subject           TEXT NOT NULL,                  -- what it is about: unique with its type
    title             TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    detection_count   INTEGER NOT NULL DEFAULT 1,
    confidence_score  DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (confidence_score BETWEEN 0 AND 1),
    status            TEXT NOT NULL DEFAULT 'active'
                      CHECK (status IN ('active', 'verified', 'false_positive', 'actioned')),
    action_taken      TEXT,
    first_detected_at TEXT NOT NULL,
    last_detected_at  TEXT NOT NULL,
    actioned_at       TEXT,
    UNIQUE (pattern_type, subject)
);

CREATE TABLE IF NOT EXISTS lessons_learned (
    id                TEXT PRIMARY KEY,
    category          TEXT NOT NULL,
    title             TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    source            TEXT NOT NULL,
    times_encountered INTEGER NOT NULL DEFAULT 1,
    is_automated      INTEGER NOT NULL DEFAULT 0 CHECK (is_automated IN (0, 1)),
    automated_via     TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    UNIQUE (category, title)
);

-- ───────────────────────────── what its CEO asks for ─────────────────────────────

-- Every command a person gave, as it was given.
CREATE TABLE IF NOT EXISTS user_commands (
    id                INTEGER PRIMARY KEY,
    command_text      TEXT NOT NULL,
    normalized_intent TEXT NOT NULL DEFAULT '',
    executed_at       TEXT NOT NULL,
    team              TEXT,
    model             TEXT,
    priority_file     TEXT,
    branch_name       TEXT,
    session_id        TEXT REFERENCES sessions (id),
    surface           TEXT NOT NULL
                      CHECK (surface IN ('file', 'slack', 'http', 'terminal', 'schedule', 'automation')),
    user_id           TEXT NOT NULL,
    channel_id        TEXT,
    thread_ts         TEXT,
    delivery_id       TEXT UNIQUE,                    -- the platform's own id of this delivery
    handled_at        TEXT                            -- when the bot had carried it out; NULL: a crash came between
);
CREATE INDEX IF NOT EXISTS user_commands_by_intent ON user_commands (normalized_intent, executed_at, id);
CREATE INDEX IF NOT EXISTS user_commands_by_time ON user_commands (executed_at, id);

-- The labels commands are grouped under, and what people corrected.
CREATE TABLE IF NOT EXISTS intents (
    label       TEXT PRIMARY KEY,
    merged_into TEXT REFERENCES intents (label),
    explanation TEXT NOT NULL DEFAULT '{}',           -- JSON: which commands it joined and how close
    corrected_by TEXT,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);

-- A repeated intent that could become an agent. Approved once, or dismissed; detection never resets either.
CREATE TABLE IF NOT EXISTS automation_candidates (
    id                  TEXT PRIMARY KEY,             -- 'auto-<uuid>'
    pattern_description TEXT NOT NULL,
    normalized_intent   TEXT NOT NULL UNIQUE,
    occurrence_count    INTEGER NOT NULL DEFAULT 0,   -- commands, not detection runs
    sample_commands     TEXT NOT NULL DEFAULT '[]',
    confidence_score    DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (confidence_score BETWEEN 0 AND 1),
    proposed_agent_name TEXT NOT NULL,
    proposed_role       TEXT NOT NULL DEFAULT '',
    proposed_team_id    TEXT REFERENCES teams (id),
    proposed_schedule   TEXT,                         -- 'every weekday 09:00', where the repeats have a rhythm
    is_automated        INTEGER NOT NULL DEFAULT 0 CHECK (is_automated IN (0, 1)),
    agent_id            TEXT REFERENCES agents (id),
    approved_by_user    TEXT,
    approved_at         TEXT,
    dismissed_by        TEXT,
    dismissed_at        TEXT,
    snoozed_by          TEXT,                         -- "not now": it stays open, and comes again then
    snoozed_at          TEXT,
    snoozed_until       TEXT,
    expires_at          TEXT,
    created_at          TEXT NOT NULL,
    updated_at          TEXT NOT NULL,
    CHECK (is_automated = 0 OR (agent_id IS NOT NULL AND approved_at IS NOT NULL)),
    CHECK (approved_at IS NULL OR dismissed_at IS NULL)
);

-- ───────────────────────────── marketing ─────────────────────────────

CREATE TABLE IF NOT EXISTS leads (
    id          TEXT PRIMARY KEY,                     -- 'lead-<uuid>'
    source      TEXT NOT NULL,
    email       TEXT,
    name        TEXT,
    company     TEXT,
    phone       TEXT,
    status      TEXT NOT NULL DEFAULT 'new'
                CHECK (status IN ('new', 'contacted', 'qualified', 'converted', 'lost')),
    score       INTEGER NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    assigned_to TEXT,
    notes       TEXT NOT NULL DEFAULT '',
    session_id  TEXT REFERENCES sessions (id),
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS leads_by_status ON leads (status, created_at, id);

CREATE TABLE IF NOT EXISTS campaigns (
    id           TEXT PRIMARY KEY,                    -- 'campaign-<uuid>'
    name         TEXT NOT NULL,
    type         TEXT NOT NULL CHECK (type IN ('email', 'social', 'seo', 'content')),
    status       TEXT NOT NULL DEFAULT 'planning'
                 CHECK (status IN ('planning', 'active', 'paused', 'completed')),
    owner        TEXT,
    channels     TEXT NOT NULL DEFAULT '[]',
    deliverables TEXT NOT NULL DEFAULT '[]',
    metrics      TEXT NOT NULL DEFAULT '{}',
    start_date   TEXT,                                -- YYYY-MM-DD
    end_date     TEXT,
    session_id   TEXT REFERENCES sessions (id),
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS content (
    id            TEXT PRIMARY KEY,                   -- 'content-<uuid>'
    title         TEXT NOT NULL,
    type          TEXT NOT NULL CHECK (type IN ('blog', 'email', 'social', 'landing-page', 'docs')),
    status        TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'review', 'published')),
    author        TEXT NOT NULL,
    campaign_id   TEXT REFERENCES campaigns (id),
    word_count    INTEGER NOT NULL DEFAULT 0 CHECK (word_count >= 0), -- counted by the service, never claimed
    seo_score     INTEGER CHECK (seo_score BETWEEN 0 AND 100),
    file_path     TEXT,                               -- relative to the company's folder
    published_url TEXT,
    session_id    TEXT REFERENCES sessions (id),
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    UNIQUE (session_id, file_path)
);
CREATE INDEX IF NOT EXISTS content_by_type ON content (type, created_at, id);

-- ───────────────────────────── the service's own books ─────────────────────────────

-- Words on their way to Slack. Written in the transaction of the event they tell; delivered by bot/delivery.
--   pending -> claimed -> sent | dead ;  pending -> superseded (a newer state of the same message)
CREATE TABLE IF NOT EXISTS outbox (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,                       -- which view shows it: 'job', 'question', 'proposal' …
    subject_id   TEXT NOT NULL,                       -- job, question, proposal or report it is about
    dedup_key    TEXT NOT NULL UNIQUE,                -- one cause, one message
    payload      TEXT NOT NULL,                       -- JSON: the facts, never the wording
    status       TEXT NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'claimed', 'sent', 'superseded', 'dead')),
    channel_id   TEXT,
    thread_ts    TEXT,
    message_ts   TEXT,
    delivery_id  TEXT UNIQUE,                         -- goes with the message as metadata, so that it is found again
    file_id      TEXT,                                -- Slack's, of a file that is being uploaded
    attempts     INTEGER NOT NULL DEFAULT 0,
    is_uncertain INTEGER NOT NULL DEFAULT 0 CHECK (is_uncertain IN (0, 1)), -- Slack may have it: look before posting
    last_error   TEXT,
    not_before_at TEXT,
    claimed_by   TEXT,                                -- which deliverer
    claimed_at   TEXT,
    created_at   TEXT NOT NULL,
    sent_at      TEXT
);
CREATE INDEX IF NOT EXISTS outbox_by_status ON outbox (status, id);
CREATE INDEX IF NOT EXISTS outbox_by_subject ON outbox (subject_id, kind, id);

-- What starts by itself. A slot is started once: its session's start_key is 'schedule:<id>:<slot>'.
CREATE TABLE IF NOT EXISTS schedules (
    id            TEXT PRIMARY KEY,                   -- 'sched-<uuid>', or 'sched-<name>' from config.yaml
    name          TEXT NOT NULL UNIQUE,
    action        TEXT NOT NULL CHECK (action IN ('priority', 'evaluation')),
    expression    TEXT NOT NULL,                      -- as a person wrote it: 'every weekday 09:00', or cron
    time_zone     TEXT NOT NULL,                      -- IANA name
    priority_text TEXT,                               -- what it starts, for action 'priority'
    agent_id      TEXT REFERENCES agents (id),        -- the automation it belongs to
    is_paused     INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    is_active     INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    last_slot_at  TEXT,                               -- the newest slot that was started or passed over
    created_by    TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
);

-- What may not start at present: 'all', 'team:<id>', 'repository:<name>' or 'runner:<name>'.
CREATE TABLE IF NOT EXISTS pauses (
    scope     TEXT PRIMARY KEY,
    reason    TEXT NOT NULL DEFAULT '',
    paused_by TEXT NOT NULL,
    paused_at TEXT NOT NULL,
    until_at  TEXT
);

-- Who ordered what through which door, refused orders too.
CREATE TABLE IF NOT EXISTS audit (
    id          INTEGER PRIMARY KEY,
    actor_id    TEXT NOT NULL,
    actor_role  TEXT NOT NULL CHECK (actor_role IN ('ceo', 'operator', 'viewer', 'nobody')),
    surface     TEXT NOT NULL,
    action      TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'nothing_to_do')),
    detail      TEXT NOT NULL DEFAULT '{}',
    ordered_at  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_by_entity ON audit (entity_type, entity_id, id);
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (ordered_at, id);

-- Roles that people were given by an order rather than by config.yaml: the first CEO by pairing, others by a CEO.
CREATE TABLE IF NOT EXISTS role_grants (
    workspace_id TEXT NOT NULL,                       -- the surface's own: Slack's team id
    user_id      TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('ceo', 'operator', 'viewer')),
    granted_by   TEXT NOT NULL,
    granted_at   TEXT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

-- The code by which the first CEO is known: printed in the service's terminal, kept here as a hash.
--   open -> used | expired (its time is over) | locked (too many wrong guesses)
CREATE TABLE IF NOT EXISTS pairing_codes (
    workspace_id TEXT PRIMARY KEY,
    salt         TEXT NOT NULL,
    code_hash    TEXT NOT NULL,
    guesses      INTEGER NOT NULL DEFAULT 0,
    expires_at   TEXT NOT NULL,
    used_by      TEXT,
    used_at      TEXT
);

-- How far the bot has read a Slack channel: what was said after it, while the socket was down, is read from history.
CREATE TABLE IF NOT EXISTS channel_marks (
    channel_id TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('channel', 'group', 'im')),
    seen_ts    TEXT NOT NULL,                         -- Slack's, of the newest message that was recorded or passed over
    updated_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS api_tokens (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    token_hash   TEXT NOT NULL UNIQUE,
    scope        TEXT NOT NULL CHECK (scope IN ('viewer', 'operator', 'ceo')),
    created_by   TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at   TEXT
);

-- Which numbered migrations this database has had (company/store/migrations/).
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TEXT NOT NULL
);

-- ───────────────────────────── questions people ask ─────────────────────────────

-- How good is each agent?
DROP VIEW IF EXISTS v_agent_performance;
CREATE VIEW v_agent_performance AS
SELECT a.id AS agent_id, a.name, a.role, t.name AS team_name,
       round(a.success_rate * 100, 1) AS success_rate_pct,
       a.total_tasks_completed, a.total_tasks_failed,
       round(a.avg_duration_seconds / 60.0, 1) AS avg_duration_minutes
FROM agents a JOIN teams t ON t.id = a.team_id
WHERE a.is_active = 1
ORDER BY t.domain, a.name;

-- What runs now?
DROP VIEW IF EXISTS v_active_sessions;
CREATE VIEW v_active_sessions AS
SELECT s.id, s.title, s.status, s.phase, s.target_repo, s.branch_name, s.started_at, s.iteration_count,
       t.name AS team_name,
       (SELECT count(DISTINCT k.agent_id) FROM tasks k WHERE k.session_id = s.id) AS agent_count,
       (SELECT count(*) FROM tasks k WHERE k.session_id = s.id) AS task_count
FROM sessions s JOIN teams t ON t.id = s.team_id
WHERE s.status = 'in_progress'
ORDER BY s.started_at, s.id;

-- How do the experiments stand?
DROP VIEW IF EXISTS v_experiment_status;
CREATE VIEW v_experiment_status AS
SELECT status, count(*) AS experiment_count,
       round(avg(current_value), 3) AS avg_current_value,
       round(avg(sample_size), 1) AS avg_sample_size
FROM experiments
GROUP BY status
ORDER BY status;

-- What does the CEO keep asking for, in the last 7 days?
DROP VIEW IF EXISTS v_user_command_patterns;
CREATE VIEW v_user_command_patterns AS
SELECT c.normalized_intent, count(*) AS command_count,
       (SELECT group_concat(u.team, ', ') FROM (SELECT DISTINCT team FROM user_commands
         WHERE normalized_intent = c.normalized_intent AND team IS NOT NULL
           AND executed_at >= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-7 days')
         ORDER BY team) u) AS teams_used,
       (SELECT group_concat(u.model, ', ') FROM (SELECT DISTINCT model FROM user_commands
         WHERE normalized_intent = c.normalized_intent AND model IS NOT NULL
           AND executed_at >= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-7 days')
         ORDER BY model) u) AS models_used,
       min(c.executed_at) AS first_executed_at, max(c.executed_at) AS last_executed_at
FROM user_commands c
WHERE c.normalized_intent <> ''
  AND c.executed_at >= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-7 days')
GROUP BY c.normalized_intent
HAVING count(*) >= 3
ORDER BY command_count DESC, c.normalized_intent;
