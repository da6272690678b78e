-- Incidents for the centre's queue: the latest received first, a page at a time behind the last one seen; or the most
-- urgent ones.
SELECT incident.id,
       incident.category,
       incident.severity,
       incident.text,
       incident.occurred_at,
       incident.received_at,
       incident.grid_code,
       incident.worker_code,
       incident.first_asked,
       incident.source,
       incident.flags,
       ST_X(incident.geom) AS lon,
       ST_Y(incident.geom) AS lat,
       stands.state,
       stands.open,
       stands.holder,
       stands.since,
       stands.paused,
       stands.lead_id,
       stands.clock,
       stands.due_at,
       lit.light,
       incident.reporter_id
FROM incident
INNER JOIN incident_now AS stands ON stands.incident_id = incident.id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN stands.due_at IS NULL OR stands.warn_at IS NULL THEN 'none'
        WHEN CAST(:now AS timestamptz) > stands.due_at THEN 'red'
        WHEN CAST(:now AS timestamptz) >= stands.warn_at THEN 'yellow'
        ELSE 'green'
    END AS light
) AS lit
WHERE incident.deleted_at IS NULL
  AND (CAST(:everything AS boolean)
       OR incident.grid_code LIKE ANY (CAST(:area AS text[]))
       OR stands.holder LIKE ANY (CAST(:area AS text[]))
       OR EXISTS (
           SELECT FROM unnest(CAST(:departments AS text[]), CAST(:department_areas AS text[])) AS mine (code, scope)
           WHERE mine.code = stands.holder
             AND CASE WHEN incident.grid_code IS NULL THEN length(mine.scope) <= 6
                      ELSE starts_with(incident.grid_code, mine.scope) END)
       OR incident.reporter_id = CAST(:me AS uuid)
       OR incident.first_asked = CAST(:worker_code AS text))
  AND (CAST(:states AS text[]) IS NULL OR stands.state = ANY (CAST(:states AS text[])))
  AND (CAST(:open AS boolean) IS NULL OR stands.open = CAST(:open AS boolean))
  AND (CAST(:light AS text) IS NULL OR lit.light = CAST(:light AS text))
  AND (CAST(:holder AS text) IS NULL OR stands.holder = CAST(:holder AS text))
  AND (CAST(:first_asked AS text) IS NULL OR incident.first_asked = CAST(:first_asked AS text))
  AND (CAST(:category AS text) IS NULL OR incident.category = CAST(:category AS text))
  AND (CAST(:within AS text) IS NULL OR incident.grid_code LIKE CAST(:within AS text) || '%')
  AND (CAST(:since AS timestamptz) IS NULL OR incident.received_at >= CAST(:since AS timestamptz))
  AND (CAST(:cursor_at AS timestamptz) IS NULL
       OR (incident.received_at, incident.id) < (CAST(:cursor_at AS timestamptz), CAST(:cursor_id AS uuid)))
ORDER BY CASE WHEN CAST(:by_due AS boolean) THEN stands.due_at END ASC NULLS LAST,
         incident.received_at DESC, incident.id DESC
LIMIT :rows
