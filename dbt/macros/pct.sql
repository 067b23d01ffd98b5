{#-
Share in percent, DECIMAL(9,4), rounded half up, by integer arithmetic. NULL when the whole is 0 or unknown, and when
the share does not fit (100,000 percent or more).

numerator, denominator  of one unit with at most two decimals, not negative
-#}
{% macro pct(numerator, denominator) -%}
    {%- set n = '((' ~ numerator ~ ') * 100)::hugeint' -%}
    {%- set d = '((' ~ denominator ~ ') * 100)::hugeint' -%}
case
    when {{ denominator }} is null or {{ denominator }} <= 0 or {{ numerator }} is null then null
    when {{ n }} // {{ d }} >= 1000 then null
    else (
        (({{ n }} * 2000000 + {{ d }}) // ({{ d }} * 2))::decimal(18, 0) * 0.0001::decimal(4, 4)
    )::decimal(9, 4)
end
{%- endmacro %}
