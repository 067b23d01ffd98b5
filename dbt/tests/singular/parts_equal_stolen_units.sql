-- Accounting identity, to the base unit: what was stolen of an asset is somewhere, and nowhere twice.
-- Poison counts units twice on purpose.
select
    incident_id,
    day,
    method,
    chain,
    asset,
    stolen_amount,
    sum(amount::hugeint) as parts_amount
from {{ ref('fct_incident_balances_daily') }}
where method != 'poison'
group by incident_id, day, method, chain, asset, stolen_amount
having stolen_amount != sum(amount::hugeint)
