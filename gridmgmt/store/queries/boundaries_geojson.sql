-- One GeoJSON FeatureCollection of the boundaries of a level on a day that touch a box, by code.
select '{"type":"FeatureCollection","features":[' || coalesce(string_agg(feature, ',' order by code), '') || ']}'
from (
  select code,
    '{"type":"Feature","id":' || to_json(code)
    || ',"properties":' || json_build_object(
      'code', code, 'name', name, 'level', level, 'kind', kind, 'parent_code', parent_code,
      'community_type', community_type, 'households', households, 'residents', residents,
      'version', version, 'valid_from', valid_from, 'valid_to', valid_to)
    || ',"geometry":' || st_asgeojson(st_forcepolygonccw(geom), 9) || '}' as feature
  from boundary
  where level = :level
    and valid_from <= :at and (valid_to is null or valid_to > :at)
    and geom && st_makeenvelope(:west, :south, :east, :north, 4326)
    and starts_with(code, :within_code)
    and code like any (cast(:area as text[]))
) features
