-- Where an address lies: the code of an entrance or building, or the name of a building, compound or place.
SELECT code, ST_X(point) AS lon, ST_Y(point) AS lat
FROM (
    SELECT code, geom AS point FROM entrance WHERE code = :address
    UNION ALL
    SELECT code, ST_PointOnSurface(geom) FROM building WHERE :address IN (code, name)
    UNION ALL
    SELECT code, ST_PointOnSurface(geom) FROM compound WHERE :address IN (code, name)
    UNION ALL
    SELECT code, ST_PointOnSurface(geom) FROM place WHERE name = :address
) AS found
ORDER BY code
LIMIT 2
