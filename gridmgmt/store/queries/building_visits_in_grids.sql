-- Per grid of a day: its buildings and households, and those visited from one moment to another. A building belongs to
-- the grid that holds a point of it. A door noted by the worker counts as a stay at it does; one patrol counts once.
with grid as (
    select code, geom
    from boundary
    where level = 'grid'
      and code = any (cast(:grid_codes as text[]))
      and valid_from <= :at and (valid_to is null or valid_to > :at)
), unit as (
    select grid.code as grid_code, building.code, building.households
    from grid
    join building
      on building.geom && grid.geom
     and st_covers(grid.geom, st_pointonsurface(building.geom))
), visit as (
    select building_code, patrol_id
    from building_visit
    where arrived_at >= :start and arrived_at < :end
    union
    select coalesce(entrance.building_code, noted.unit_code), noted.patrol_id
    from patrol_visit as noted
    left join entrance on entrance.code = noted.unit_code
    where noted.visited_at >= :start and noted.visited_at < :end
), visited as (
    select building_code, count(*) as visits
    from visit
    group by building_code
)
select unit.grid_code,
       count(*) as buildings,
       count(visited.visits) as buildings_visited,
       count(*) filter (where visited.visits > 1) as buildings_visited_again,
       coalesce(sum(visited.visits), 0) as visits,
       sum(unit.households) as households,
       coalesce(sum(unit.households) filter (where visited.visits > 0), 0) as households_visited
from unit
left join visited on visited.building_code = unit.code
group by unit.grid_code
