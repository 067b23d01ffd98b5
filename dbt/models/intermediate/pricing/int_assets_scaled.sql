with

assets as (
    select * from {{ ref('stg_lake__assets') }}
),

powers_of_ten as (
    select * from {{ ref('powers_of_ten') }}
),

-- Decimals that are unknown, or more than the exact arithmetic carries, leave the scale NULL: no USD then.
final as (
    select
        assets.chain,
        assets.asset,
        assets.asset_symbol,
        assets.asset_decimals,
        powers_of_ten.scale
    from assets
    left join powers_of_ten on assets.asset_decimals = powers_of_ten.exponent
)

select * from final
