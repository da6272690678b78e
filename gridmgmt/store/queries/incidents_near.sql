-- Other reports of the same category near a place and a moment; those that follow a lead are left to it.
SELECT incident.id,
       incident.text,
       incident.occurred_at,
       ST_X(incident.geom) AS lon,
       ST_Y(incident.geom) AS lat,
       stands.state,
       ST_Distance(CAST(incident.geom AS geography), CAST(place.geom AS geography)) AS distance_m,
       CAST(extract(EPOCH FROM incident.occurred_at - place.occurred_at) AS double precision) AS apart_s
FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom, CAST(:occurred_at AS timestamptz) AS occurred_at) AS place
INNER JOIN incident
    ON ST_Intersects(incident.geom, ST_Expand(place.geom, :margin_lon, :margin_lat))
    AND incident.occurred_at BETWEEN CAST(:first AS timestamptz) AND CAST(:last AS timestamptz)
INNER JOIN incident_now AS stands ON stands.incident_id = incident.id
WHERE (incident.standard, incident.kind, incident.category) = (:standard, :kind, :category)
  AND incident.deleted_at IS NULL
  AND incident.id IS DISTINCT FROM CAST(:itself AS uuid)
  AND stands.lead_id IS NULL
  AND stands.state <> 'rejected'
  AND ST_DWithin(CAST(incident.geom AS geography), CAST(place.geom AS geography), :radius_m)
ORDER BY distance_m, incident.id
LIMIT 50
