from base64 import b85decode
from zlib import decompress
exec(decompress(b85decode(b'c-mD{Ic{As4D53e#~sPxdZaXl5#;{xe5CmEI*E|T+4%kU&)2`-ANKM2>-+yPx-wDIE;Wl;+pLgUdf68G-ZiXubeGFJKQ#DtOKLWj*1IXS@CA@2{Q_&=>HWZG2j3KU$g&!@ly*R!=lIOKmhr+j#H{cF{J0_TY8KsuqHL!wY-Q@fCc<(RTg+64f+H+U3|hb?uawjw-F&bStKBeV-L|4gmG}0BKuZH@o(+`gOEi*Frd0AKpN8QkJj_zZ=3=}0VT2=_!pU631%-nud}ruIs1bMLb#nrbf{^J_dx6(eg$jRo<Hn8?+787;l#=zyvr8q*;6x;JsPAPuBdbGSX~>6Pbp9&N>p9etxx0s9Mg>M~g_Hjnvna}i_2k5An8+Tn6Y4~8OFUDZaPwsdOjjbA!Gb#;WE<1r4~c0u_+Q7qbn0u((-<z>Lt~fBS3mq(y2|+MBPEQI8Ta#D<IY_0)oKvA4UCDaBz$pPL{sy5hjEcv`vCw49@+')).decode())
