-- How some incidents stand by their logs; the clock is set by who calls this. In one order, so that nobody waits in a ring.
INSERT INTO incident_now (incident_id, step_id, state, since, actor, open, holder, paused, lead_id, clock)
SELECT incident_id, step_id, state, since, actor, open, holder, paused, lead_id, clock
FROM incident_state
WHERE incident_id = ANY (CAST(:incident_ids AS uuid[]))
ORDER BY incident_id
ON CONFLICT (incident_id) DO UPDATE
SET step_id = excluded.step_id,
    state = excluded.state,
    since = excluded.since,
    actor = excluded.actor,
    open = excluded.open,
    holder = excluded.holder,
    paused = excluded.paused,
    lead_id = excluded.lead_id,
    clock = excluded.clock
