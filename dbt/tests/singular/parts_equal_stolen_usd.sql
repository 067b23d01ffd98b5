-- The same identity in USD, to the cent; the whole was valued by itself. Poison counts units twice on purpose.
select
    incident_id,
    day,
    method,
    chain,
    asset,
    stolen_usd_now,
    sum(usd_now) as parts_usd
from {{ ref('fct_incident_balances_daily') }}
where usd_status = 'valued' and method != 'poison'
group by incident_id, day, method, chain, asset, stolen_usd_now
having stolen_usd_now is distinct from sum(usd_now)
