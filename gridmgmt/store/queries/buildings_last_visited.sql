-- The buildings of a grid of a day, when each was visited last before a moment, and how often since another.
with grid as (
    select geom
    from boundary
    where level = 'grid'
      and code = :grid_code
      and valid_from <= :day and (valid_to is null or valid_to > :day)
), unit as (
    select building.code, building.name, building.kind, building.households, st_pointonsurface(building.geom) as place
    from grid
    join building
      on building.geom && grid.geom
     and st_covers(grid.geom, st_pointonsurface(building.geom))
), visit as (
    select building_visit.building_code, building_visit.patrol_id, building_visit.arrived_at as visited_at
    from building_visit
    where building_visit.building_code in (select code from unit)
      and building_visit.arrived_at <= :at
    union all
    select unit.code, noted.patrol_id, noted.visited_at
    from unit
    join patrol_visit as noted
      on noted.unit_code = unit.code
      or noted.unit_code in (select code from entrance where entrance.building_code = unit.code)
    where noted.visited_at <= :at
)
select unit.code, unit.name, unit.kind, unit.households, st_asbinary(unit.place) as geometry,
       max(visit.visited_at) as last_visit,
       count(distinct visit.patrol_id) filter (where visit.visited_at >= :since) as visits
from unit
left join visit on visit.building_code = unit.code
group by unit.code, unit.name, unit.kind, unit.households, unit.place
order by unit.code
