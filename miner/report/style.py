"""How a page looks: one sheet, two colour schemes, printable."""

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2126;--quiet:#667080;
--line:#e3e1dc;--a0:#2f6f9f;--a1:#d9822b;--a2:#4d9a6a;--a3:#b5507a;--a4:#7a63b8;--a5:#a68a2c;
--a6:#3fa3a6;--a7:#9a5b45;--mark:#ffe49a;--bad:#c0483f;--pale:#dfe7ee}
@media(prefers-color-scheme:dark){:root{--paper:#16191d;--card:#1e2227;--ink:#e8e6e1;
--quiet:#98a2ae;--line:#33383f;--a0:#6aaedd;--a1:#e9a25b;--a2:#7cc498;--a3:#dd86aa;--a4:#a995e0;
--a5:#d3bb63;--a6:#73cccf;--a7:#c98f78;--mark:#6b5518;--bad:#e5837b;--pale:#2c3742}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,main{max-width:1120px;margin:0 auto;padding:0 28px}
header{padding-top:40px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:20px;margin:0 0 4px}
h3{font-size:15px;margin:26px 0 8px}
header p,.quiet,figcaption span{color:var(--quiet)}
header p{margin:0 0 14px}
nav{display:flex;flex-wrap:wrap;gap:6px 18px;padding:10px 0;border-block:1px solid var(--line)}
nav a{color:var(--a0);text-decoration:none}
nav a:hover{text-decoration:underline}
section{padding:34px 0 6px}
section>.quiet{margin:0 0 14px;max-width:76ch}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;margin:14px 0}
.cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px}
.cards b{display:block;font-size:25px;line-height:1.25;font-variant-numeric:tabular-nums}
.cards span{color:var(--quiet);font-size:13px}
figure{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:14px 0;
padding:14px 16px 10px}
figcaption{margin-bottom:8px}
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(430px,1fr));gap:14px;align-items:start}
.pair figure{margin:0}
svg{display:block;width:100%;height:auto;font:12px system-ui,"Segoe UI",Roboto,"DejaVu Sans",
sans-serif;fill:var(--ink)}
svg .quiet{fill:var(--quiet)}
svg .grid{stroke:var(--line);stroke-width:1}
svg .pale{fill:var(--pale)}svg circle.pale{fill:var(--quiet);fill-opacity:.3}
svg .c0{fill:var(--a0)}svg .c1{fill:var(--a1)}svg .c2{fill:var(--a2)}svg .c3{fill:var(--a3)}
svg .c4{fill:var(--a4)}svg .c5{fill:var(--a5)}svg .c6{fill:var(--a6)}svg .c7{fill:var(--a7)}
svg .bad{fill:var(--bad)}
svg .f0{fill:var(--bad)}svg .f1{fill:var(--a1)}svg .f2{fill:var(--a6)}svg .f3{fill:var(--a0)}
svg .tile{stroke:var(--card);stroke-width:2}
svg .on{fill:#fff;paint-order:stroke;stroke:rgba(0,0,0,.28);stroke-width:2px}
svg circle{fill-opacity:.72}
.wide{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;width:100%;font-size:14px;background:var(--card);
border:1px solid var(--line)}
th{text-align:left;font-weight:600;color:var(--quiet);font-size:13px}
th,td{padding:5px 12px;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:anywhere}
td:first-child{min-width:150px}
td:last-child{min-width:120px}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.dense{font-size:13px}
.dense th{font-size:12px}
.dense th,.dense td{padding:5px 6px}
.dense td{overflow-wrap:normal}
.dense td:first-child{min-width:110px;overflow-wrap:anywhere}
code{font:13px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.example{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--a0);
border-radius:6px;padding:12px 18px 14px;margin:12px 0}
.example dl{display:grid;grid-template-columns:92px 1fr;gap:6px 14px;margin:0}
.example dt{color:var(--quiet);font-size:13px;padding-top:1px}
.example dd{margin:0;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere;
unicode-bidi:isolate}
.example .source{max-height:260px;overflow:auto;background:var(--paper);border-radius:6px;
padding:8px 12px;font-size:14px}
.example .about{color:var(--quiet);font-size:13px;margin:0 0 8px}
mark{background:var(--mark);color:inherit;border-radius:3px;padding:0 2px}
details{margin:8px 0}
summary{cursor:pointer;color:var(--a0)}
@media print{nav{display:none}.source{max-height:none!important}figure,.example{break-inside:avoid}}
@media(max-width:560px){header,main{padding:0 14px}.pair{grid-template-columns:1fr}
.example dl{grid-template-columns:1fr}}
""".replace("\n", "")
