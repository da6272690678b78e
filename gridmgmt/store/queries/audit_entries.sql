-- A batch of the log after an entry; the detail as the text that was hashed.
SELECT id, at, actor_id, actor, action, object, detail::text AS detail, previous_hash, hash
FROM audit_entry
WHERE id > :after
ORDER BY id
LIMIT :batch
