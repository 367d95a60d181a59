"""Telephone numbers as people write them, and the region that they are of.

Countries by ITU-T E.164's list of calling codes; the shared code 1 by area code. Where a code is shared
otherwise, the largest country stands for all.
"""

from typing import Final

_CODES: Final = (
    "7ru 20eg 27za 30gr 31nl 32be 33fr 34es 36hu 39it 40ro 41ch 43at 44gb 45dk 46se 47no 48pl 49de 51pe 52mx"
    " 53cu 54ar 55br 56cl 57co 58ve 60my 61au 62id 63ph 64nz 65sg 66th 81jp 82kr 84vn 86cn 90tr 91in 92pk"
    " 93af 94lk 95mm 98ir 211ss 212ma 213dz 216tn 218ly 220gm 221sn 222mr 223ml 224gn 225ci 226bf 227ne 228tg"
    " 229bj 230mu 231lr 232sl 233gh 234ng 235td 236cf 237cm 238cv 239st 240gq 241ga 242cg 243cd 244ao 245gw"
    " 246io 247ac 248sc 249sd 250rw 251et 252so 253dj 254ke 255tz 256ug 257bi 258mz 260zm 261mg 262re 263zw"
    " 264na 265mw 266ls 267bw 268sz 269km 290sh 291er 297aw 298fo 299gl 350gi 351pt 352lu 353ie 354is 355al"
    " 356mt 357cy 358fi 359bg 370lt 371lv 372ee 373md 374am 375by 376ad 377mc 378sm 380ua 381rs 382me 383xk"
    " 385hr 386si 387ba 389mk 420cz 421sk 423li 500fk 501bz 502gt 503sv 504hn 505ni 506cr 507pa 508pm 509ht"
    " 590gp 591bo 592gy 593ec 594gf 595py 596mq 597sr 598uy 599cw 670tl 672nf 673bn 674nr 675pg 676to 677sb"
    " 678vu 679fj 680pw 681wf 682ck 683nu 685ws 686ki 687nc 688tv 689pf 690tk 691fm 692mh 850kp 852hk 853mo"
    " 855kh 856la 880bd 886tw 960mv 961lb 962jo 963sy 964iq 965kw 966sa 967ye 968om 970ps 971ae 972il 973bh"
    " 974qa 975bt 976mn 977np 992tj 993tm 994az 995ge 996kg 998uz"
)
_CANADA: Final = (
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 460 468 474"
    " 506 514 519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825"
    " 867 873 879 902 905 942"
)
_ISLANDS: Final = (
    "242bs 246bb 264ai 268ag 284vg 340vi 345ky 441bm 473gd 649tc 658jm 664ms 670mp 671gu 684as 721sx 758lc"
    " 767dm 784vc 787pr 809do 829do 849do 868tt 869kn 876jm 939pr"
)

_REGIONS: Final = {part[:-2]: part[-2:] for part in _CODES.split()}
_AREAS: Final = dict.fromkeys(_CANADA.split(), "ca") | {part[:-2]: part[-2:] for part in _ISLANDS.split()}
_NORTH_AMERICAN_LENGTH: Final = 11
UNKNOWN_REGION: Final = "zz"  # ISO 3166's way to say so


def region_of(number: str) -> str:
    """Tell of which region a number in E.164's form is: two letters, in lower case."""
    digits = number.removeprefix("+")
    if digits.startswith("1"):
        return _AREAS.get(digits[1:4], "us")
    if digits.startswith(("76", "77")):
        return "kz"
    return _REGIONS.get(_code(digits), UNKNOWN_REGION)


def formatted(number: str) -> str:
    """Write a number in E.164's form as people do: ``+1 703-938-9548``, ``+44 2079460958``."""
    digits = number.removeprefix("+")
    if digits.startswith("1") and len(digits) == _NORTH_AMERICAN_LENGTH:
        return f"+1 {digits[1:4]}-{digits[4:7]}-{digits[7:]}"
    code = _code(digits)
    return f"+{code} {digits[len(code) :]}" if code else number


def _code(digits: str) -> str:
    """Find the calling code with which a number begins: no code begins with another."""
    return next(
        (digits[:length] for length in (1, 2, 3) if digits[:length] in _REGIONS or digits[:length] == "1"), ""
    )
