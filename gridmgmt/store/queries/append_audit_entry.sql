INSERT INTO audit_entry (id, at, actor_id, actor, action, object, detail, previous_hash, hash)
VALUES (:id, :at, :actor_id, :actor, :action, :object, CAST(:detail AS json), :previous_hash, :hash)
