-- Takes 132 away again, also one that stopped half-way. Every call, invitation and relationship goes with it.
DROP FUNCTION IF EXISTS creator_has_relationship(uuid, uuid);
DROP TABLE IF EXISTS call_invitations;
DROP TABLE IF EXISTS calls;
DROP TABLE IF EXISTS creator_fan_relationships;
ALTER TABLE users
  DROP COLUMN IF EXISTS fan_allow_calls,
  DROP COLUMN IF EXISTS fan_allow_dm,
  DROP COLUMN IF EXISTS fan_privacy_visibility;
DELETE FROM schema_migrations WHERE name = '132_fan_privacy_and_calls';
