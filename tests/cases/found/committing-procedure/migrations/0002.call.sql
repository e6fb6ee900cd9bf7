-- depends: 0001.procedure
call fill();
