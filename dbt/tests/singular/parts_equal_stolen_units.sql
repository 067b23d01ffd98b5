-- Accounting identity, to the base unit: what was stolen of an asset is somewhere, and nowhere twice.
select
    incident_id,
    day,
    method,
    chain,
    asset,
    stolen_amount,
    sum(amount::hugeint) as parts_amount
from {{ ref('fct_incident_balances_daily') }}
group by incident_id, day, method, chain, asset, stolen_amount
having stolen_amount != sum(amount::hugeint)
