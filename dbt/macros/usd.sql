{#-
Exact USD of base units, DECIMAL(38,2), rounded half up once.

DuckDB makes DOUBLE of DECIMAL division and raises on overflow, so all of it is HUGEINT arithmetic on parts small
enough never to overflow: amount = whole * scale + rest, price = dollars + nano * 1e-9 + atto * 1e-18.
Long division of rest x price by scale, one limb of the price after the other, keeps every remainder:
scale up to 10^28 leaves room for the next limb below 2^127.

NULL when the price or the scale is unknown, and when the value is 10^20 USD or more (tested before multiplying:
one hostile token must not stop a build); the callers count these.

amount  base units, integer, not negative
scale   10^decimals, HUGEINT
price   USD of one whole unit, DECIMAL(38,18)
-#}
{% macro usd(amount, scale, price) -%}
    {%- set a = '(' ~ amount ~ ')::hugeint' -%}
    {%- set s = '(' ~ scale ~ ')' -%}
    {%- set p = '(' ~ price ~ ')' -%}
    {%- set giga = '1000000000::hugeint' -%}
    {%- set exa = '1000000000000000000::hugeint' -%}
    {%- set whole = '(' ~ a ~ ' // ' ~ s ~ ')' -%}
    {%- set rest = '(' ~ a ~ ' % ' ~ s ~ ')' -%}
    {%- set dollars = 'floor(' ~ p ~ ')::hugeint' -%}
    {%- set fraction = '((' ~ p ~ ' - floor(' ~ p ~ ')) * 1000000000000000000)::hugeint' -%}
    {%- set nano = '(' ~ fraction ~ ' // ' ~ giga ~ ')' -%}
    {%- set atto = '(' ~ fraction ~ ' % ' ~ giga ~ ')' -%}
    {%- set step_1 = '(' ~ rest ~ ' * ' ~ dollars ~ ')' -%}
    {%- set step_2 = '((' ~ step_1 ~ ' % ' ~ s ~ ') * ' ~ giga ~ ' + ' ~ rest ~ ' * ' ~ nano ~ ')' -%}
    {%- set step_3 = '((' ~ step_2 ~ ' % ' ~ s ~ ') * ' ~ giga ~ ' + ' ~ rest ~ ' * ' ~ atto ~ ')' -%}
case
    when {{ amount }} is null or {{ scale }} is null or {{ price }} is null then null
    when {{ amount }} < 0 or {{ price }} < 0 then null
    when {{ dollars }} >= 10000000000::hugeint then null
    when {{ whole }} >= 100000000000000000000::hugeint // ({{ dollars }} + 1) then null
    else (
        (
            {{ whole }} * {{ dollars }} * {{ exa }}
            + {{ whole }} * {{ fraction }}
            + ({{ step_1 }} // {{ s }}) * {{ exa }}
            + ({{ step_2 }} // {{ s }}) * {{ giga }}
            + {{ step_3 }} // {{ s }}
            + 5000000000000000::hugeint
        ) // 10000000000000000::hugeint
    )::decimal(36, 0) * 0.01::decimal(2, 2)
end
{%- endmacro %}
