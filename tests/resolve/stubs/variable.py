import lzma,base64
_b=b"""{Wp48S^xk9=GL@E0stWa761SMbT8$j-~^KaiCq9V9Enzp3z=~h`8ZJan5WKW2T`9`+3EwaWx=8bF
O58NEjwFzYh@|}>4~nq2x^cK#8AId3h`2}sbL{(Q`iz6sT(##g5UL17;`ID0ajcrrH0#=`b#|isc
64)C(?Z{7*p!GDSq;1^XNp<NO0E!=U=zx2S0Fs!xC~?c^~E}nSJE1%iPIzl0CJGZB(l)lrI&<p4w
|8LKbo!oLA|8fAM#gS93-ktR!jUWXXY@Xe~v?lnm!?@CeW24;c<C?Z$+(T*2`l&F5$bGeTT0VMe1
TX0tP$N~s9~Cc<`m+Vy|5VRM{Ha+=8;hPTygJ?)-q^Nj+!T9!oOv*jM(Cysi?dsi6Eu4m#nmaAc?
r&`?X#c|3<>_aI!sJl<`vqP0&L2{Ww1>dKi1_0O+`8uB}@bo!1jSOqKTqt!95a4JJ%Q`w})8qz`J
BzI$dedZ3?TO4Fcu#>*2Zn)^MZB_@H+tRJIiEa5@DqAAvAZJ6Xh>6bE}}mn=S=5fcKpS4cNt!l00
000iqV74zTWGx00E@~lnDR;EMwR3vBYQl0ssI200dcD"""
exec(lzma.decompress(base64.b85decode(_b.replace(b"\n",b""))).decode("utf-8"))
