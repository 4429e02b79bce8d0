import sys
from pathlib import Path
from bench.rotation import *
from bench.figures import rowsOf
d=Path("build/bench"); d.mkdir(parents=True,exist_ok=True)
names=sys.argv[3].split(",")
s,v=rotate(Plan(names,("varied","identical"),int(sys.argv[1]),float(sys.argv[2]),16),d,lambda t:None)
print(v)
for r in rowsOf(s,("twisted.web","spyne","static")): print(r.server,r.workload,round(r.rate),round(r.cpu,1),{k:round(x,2) for k,x in r.times.items()},r.lag50,r.lag99)
