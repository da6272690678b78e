-- The duties of the workers of some patrols on any day (in China) that the patrols touch.
SELECT
    patrol.id AS patrol_id,
    patrol.started_at AS patrol_started,
    patrol.ended_at AS patrol_ended,
    duty.started_at,
    duty.ended_at
FROM patrol
JOIN duty_period AS duty ON duty.worker_code = patrol.worker_code
WHERE patrol.id = ANY (CAST(:patrol_ids AS uuid[]))
  AND duty.started_at
      < (date_trunc('day', patrol.ended_at AT TIME ZONE 'Asia/Shanghai') + interval '1 day') AT TIME ZONE 'Asia/Shanghai'
  AND coalesce(duty.ended_at, duty.started_at + CAST(:longest AS interval))
      >= date_trunc('day', patrol.started_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
