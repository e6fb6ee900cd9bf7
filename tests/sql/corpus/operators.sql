select 1+-1, 1-+1, 2*/* c;c */3, 4-- one; comment
-2, @-5, 5 %-3, 2^-1, |/25, ||/27.0, !!'a'::tsquery, ~1;
select '{"a":1}'::jsonb ?| array['a;'], '{"a":1}'::jsonb ?& array['b'], '{"a":1}'::jsonb ? 'a', '{}'::jsonb @? '$.a', '{}'::jsonb @> '{}';
select point(1,2) <-> point(3,4), box '((0,0),(1,1))' &&box '((0,0),(2,2))', '1'::int=-1, 1<>-1, 1!=-1, 1<=-1, 2>=+1;
select a>=1 from f(a=>1, b := 'x;') as g(a);
create operator @#@ (leftarg = int8, rightarg = int8, procedure = int8xor);
create operator -@- (rightarg = int, procedure = f);
select 1 @#@ 2, 1 operator(pg_catalog.+) 2, -@- 3;
select x.*, (y).z, count(*) filter (where a>b) from x, y;
select /* outer /* inner ; */ still */ 1, /**/2, /***/3, /* ** / ; */4, /*/ ; */5 /* end */ ;
select 6 /*/* */*/, 7--;
;
;;
-- a comment alone;
/* and ; another */
select 8
