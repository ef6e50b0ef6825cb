-- What digis.cc had before this change: users, and who has blocked whom.
CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  username text NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('creator', 'fan')),
  tokens integer NOT NULL DEFAULT 0 CHECK (tokens >= 0)
);
CREATE TABLE creator_blocked_users (
  creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  blocked_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  PRIMARY KEY (creator_id, blocked_user_id)
);
CREATE TABLE schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO schema_migrations (name) VALUES ('131_tips');
INSERT INTO users (id, username, role, tokens) VALUES
  ('00000000-0000-0000-0000-000000000001', 'someusername', 'creator', 40),
  ('00000000-0000-0000-0000-000000000002', 'a-fan', 'fan', 500),
  ('00000000-0000-0000-0000-000000000003', 'another-creator', 'creator', 0),
  ('00000000-0000-0000-0000-000000000004', 'another-fan', 'fan', 120),
  ('00000000-0000-0000-0000-000000000005', 'a-blocked-fan', 'fan', 15),
  ('00000000-0000-0000-0000-000000000006', 'a-quiet-fan', 'fan', 0);
INSERT INTO creator_blocked_users VALUES
  ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000005');
