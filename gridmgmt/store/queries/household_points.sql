-- Where households are in a box: the entrances, and the representative points of buildings that have none.
select households, coalesce(residents, 0) as residents, st_asbinary(geom) as geometry
from entrance
where geom && st_makeenvelope(:west, :south, :east, :north, 4326)
union all
select households, coalesce(residents, 0), st_asbinary(st_pointonsurface(geom))
from building
where geom && st_makeenvelope(:west, :south, :east, :north, 4326)
  and not exists (select from entrance where entrance.building_code = building.code)
