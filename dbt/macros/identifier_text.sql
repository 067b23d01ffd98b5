{#-
Text of an address, a hash or an asset, which the lake's tables of chain data hold as bytes: 20 and 32 bytes are
0x and their digits, any other bytes are the text itself, behind a byte 0xFF where it would be of one of these
lengths. `clawback.identifiers` makes the bytes.

column  BLOB
-#}
{% macro identifier_text(column) -%}
case
    when octet_length({{ column }}) in (20, 32) then '0x' || lower(hex({{ column }}))
    when {{ column }}[1:1] = '\xFF'::blob then decode({{ column }}[2:])
    else decode({{ column }})
end
{%- endmacro %}
