-- What a fan shows and to whom, and calls between creators and fans.
ALTER TABLE users
  ADD COLUMN fan_privacy_visibility text NOT NULL DEFAULT 'private'
    CHECK (fan_privacy_visibility IN ('private', 'creators', 'public')),
  ADD COLUMN fan_allow_dm text NOT NULL DEFAULT 'interacted'
    CHECK (fan_allow_dm IN ('none', 'interacted', 'all')),
  ADD COLUMN fan_allow_calls text NOT NULL DEFAULT 'interacted'
    CHECK (fan_allow_calls IN ('none', 'interacted', 'all'));

CREATE TABLE creator_fan_relationships (
  creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  fan_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (creator_id, fan_id)
);

CREATE TABLE calls (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  creator_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  fan_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  call_type text NOT NULL CHECK (call_type IN ('voice', 'video')),
  state text NOT NULL DEFAULT 'ringing' CHECK (state IN ('ringing', 'accepted', 'connected', 'ended', 'missed')),
  seconds integer,
  tokens integer,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_calls_state ON calls (state);

CREATE TABLE call_invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'declined', 'expired')),
  expires_at timestamptz NOT NULL
);
CREATE INDEX idx_call_invitations_pending ON call_invitations (expires_at) WHERE state = 'pending';

CREATE FUNCTION creator_has_relationship(creator uuid, fan uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM creator_fan_relationships WHERE creator_id = creator AND fan_id = fan);
$$;
