-- The key places of each grid of a day, and on how many patrols each was visited from one moment to another.
select grid.code as grid_code, place.code, place.name, place.kind, count(distinct place_visit.patrol_id) as visits
from boundary as grid
join place
  on place.geom && grid.geom
 and st_covers(grid.geom, st_pointonsurface(place.geom))
left join place_visit
  on place_visit.place_code = place.code
 and place_visit.arrived_at >= :start and place_visit.arrived_at < :end
where grid.level = 'grid'
  and grid.code = any (cast(:grid_codes as text[]))
  and grid.valid_from <= :at and (grid.valid_to is null or grid.valid_to > :at)
  and place.kind = any (cast(:kinds as text[]))
group by grid.code, place.code, place.name, place.kind
order by grid.code, place.code
