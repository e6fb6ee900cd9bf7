select 'plain', 'with ''quotes'' inside', '', '''', '''''', 'two
lines; and a semicolon';
select E'\'', e'\\', E'a\'b;c''d', E'\\\';', E'tab\there', E'\x41\101\u0041\U00000041';
select E'first'
    '\';second'
    '\'third', 'x'
    'y;z';
select U&'d\0061t\+000061;', u&'d!0061ta' uescape '!', U&"d\0061t;a", u&"semi;colon" from (select 1 as "data", 2 as "semi;colon") t
where false and U&"d\0061t;a" = 1;
select B'1010', b'', X'1FF', x'a;'::text where false;
select N'national; text', n'x';
select type'x;y', name'a\', 'after';
select date '2024-01-01', interval '1 day' day, interval(3)'1;', time'10:00', float8'1.5', double precision '1';
select $$;$$, $a$;$b$;$a$, $_1$ ' " $_1$, $é$;$é$, $$ $a$ $$, $a$$$;$$$a$, $A$ $a$ $A$;
select 1 as "quoted ""identifier"";", "a"."b;c" from (select 1 as "b;c") "a";
select a$b$c, $1, a$1 from (select 1 as a$b$c, 2 as a$1) x$;
select 1::text, '{1,2}'::int[], array['a;', 'b'], (array[1, 2, 3])[1:2], '{"a": ";"}'::jsonb -> 'a' #>> '{}';
select 1.5, .5, 1., 1e10, 1.5e-3, 0x1F, 0o17, 0b11, 1_000_000, -1, +1, - 1;
select 'naïve; 数据', "数据;列", données from (select 1 as "数据;列", 2 as données) naïf;
