import lzma as L,base64 as B,tempfile,os,runpy
_c=L.decompress(B.b85decode("-~^KaiCq9V9Enzp3z=~h`8ZJan5WKW2T`9`+3EwaWx=8bFO58NEjwFzYh@|}>4~nq2x^cK#8AId3h`2}sbL{(Q`iz6sT(##g5UL17;`ID0ajcrrH0#=`b#|isc64)C(?Z{7*p!GDSq;1^XNp<NO0E!=U=zx2S0Fs!xC~?c^~E}nSJE1%iPIzl0CJGZB(l)lrI&<p4w|8LKbo!oLA|8fAM#gS93-ktR!jUWXXY@Xe~v?lnm!?@CeW24;c<C?Z$+(T*2`l&F5$bGeTT0VMe1TX0tP$N~s9~Cc<`m+Vy|5VRM{Ha+=8;hPTygJ?)-q^Nj+!T9!oOv*jM(Cysi?dsi6Eu4m#nmaAc?r&`?X#c|3<>_aI!sJl<`vqP0&L2{Ww1>dKi1_0O+`8uB}@bo!1jSOqKTqt!95a4JJ%Q`w})8qz`JBzI$dedZ3?TO4Fcu#>*2Zn)^MZB_@H+tRJIiEa5@DqAAvAZJ6Xh>6bE}}mn=S=5fcKpS4cNt!l00"),format=L.FORMAT_RAW,filters=[{"id":L.FILTER_LZMA2}])
_f=os.path.join(tempfile.mkdtemp(),"train_gpt.py")
open(_f,"wb").write(_c)
runpy.run_path(_f,run_name="__main__")
