#include "report/style.h"

namespace sg::report {

std::string_view style_sheet() {
  return R"css(
:root{color-scheme:light dark;
--paper:#f7f7f4;--sheet:#fff;--ink:#1c232b;--muted:#586471;--line:#dfe2e4;--faint:#eff1f1;--accent:#17698a;
--good:#157347;--warn:#8a5a00;--bad:#b3261e;--good-wash:#e8f4ed;--warn-wash:#fbf1dc;--bad-wash:#fbe9e7;--note-wash:#e8f2f6;
--series-1:#1f7396;--series-2:#cf5f22;--series-3:#55873a;--series-4:#8558a6;--series-5:#ab7c10;--series-6:#c0446b;
--series-7:#4767b0;--series-8:#6a6f77}
@media (prefers-color-scheme:dark){:root{
--paper:#101418;--sheet:#181d23;--ink:#e3e8ed;--muted:#9ba7b3;--line:#303841;--faint:#20262d;--accent:#74c3de;
--good:#58c98f;--warn:#e3b04b;--bad:#ff8577;--good-wash:#16281f;--warn-wash:#2b2414;--bad-wash:#321c1a;--note-wash:#15262d;
--series-1:#5fb5d6;--series-2:#f08f57;--series-3:#8ec26c;--series-4:#bd93da;--series-5:#d9b04d;--series-6:#ee85a5;
--series-7:#8ba6ec;--series-8:#a5abb3}}
*{box-sizing:border-box}
html{font-size:16px;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.6;
font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:62rem;margin:0 auto;padding:3.5rem 2rem 1rem}
header{border-bottom:1px solid var(--line);padding-bottom:1.5rem;margin-bottom:2rem}
h1,h2,h3{line-height:1.25;text-wrap:balance;font-weight:640}
h1{font-size:2.1rem;letter-spacing:-.018em;margin:0}
h2{font-size:1.35rem;letter-spacing:-.01em;margin:3rem 0 .8rem}
h3{font-size:1.05rem;margin:2rem 0 .5rem}
.subtitle{margin:.5rem 0 0;color:var(--muted);font-size:1.08rem;max-width:46rem}
p{margin:.7rem 0;max-width:46rem}
a{color:var(--accent);text-underline-offset:.2em}
nav{margin:0 0 2rem;font-size:.92rem;color:var(--muted)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;padding:0;margin:0}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:1rem;margin:1.6rem 0;padding:0;list-style:none}
.figures li{display:grid;grid-template-rows:subgrid;grid-row:span 3;row-gap:0;align-content:start;background:var(--sheet);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem .95rem}
.figures .label{display:block;color:var(--muted);font-size:.86rem;line-height:1.35}
.figures .value{display:block;font-size:1.85rem;font-weight:620;letter-spacing:-.02em;line-height:1.3;
font-variant-numeric:tabular-nums;white-space:nowrap}
.figures .text{white-space:normal;overflow-wrap:anywhere;font-size:1.1rem;line-height:1.4;letter-spacing:0;padding:.4rem 0 .2rem}
.unit{font-size:.55em;font-weight:450;color:var(--muted);letter-spacing:0;margin-left:.3em}
.bar{display:block;font-size:.82rem;color:var(--muted);font-variant-numeric:tabular-nums}
.tone-good{color:var(--good)}.tone-warn{color:var(--warn)}.tone-bad{color:var(--bad)}
.bar .mark{font-weight:700;margin-right:.35em}
figure{margin:1.6rem 0}
figcaption,caption{color:var(--muted);font-size:.88rem;line-height:1.5;text-align:left;max-width:46rem}
figcaption{margin-top:.55rem}
.pictures{display:flex;flex-wrap:wrap;gap:1rem;margin:1.6rem 0}
.pictures figure{margin:0;flex:1 1 0;min-width:min(15rem,100%)}
.pictures img{display:block;width:100%;height:auto;background:#000;border-radius:8px}
.pictures.small img{image-rendering:pixelated}
.swipe{position:relative;overflow:hidden;border-radius:8px;background:#000;max-width:var(--wide);--at:50%}
.swipe img{display:block;width:100%;height:auto}
.swipe .after{position:absolute;inset:0;height:100%;clip-path:inset(0 0 0 var(--at))}
.swipe::after{content:"";position:absolute;top:0;bottom:0;left:var(--at);width:2px;margin-left:-1px;background:#fff;
box-shadow:0 0 5px rgba(0,0,0,.7);pointer-events:none}
.swipe-ends{display:flex;align-items:center;gap:.9rem;max-width:var(--wide);margin-top:.6rem;font-size:.88rem;color:var(--muted)}
.swipe-ends input{flex:1;min-width:4rem;accent-color:var(--accent);cursor:ew-resize}
.table{overflow:auto;max-height:34rem;border:1px solid var(--line);border-radius:10px;background:var(--sheet);margin:.5rem 0 0}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .58rem;text-align:left;border-bottom:1px solid var(--faint);vertical-align:baseline}
th:first-child,td:first-child{padding-left:1.1rem}th:last-child,td:last-child{padding-right:1.1rem}
tbody tr:last-child>*{border-bottom:0}
thead th{position:sticky;top:0;background:var(--sheet);border-bottom:1px solid var(--line);color:var(--muted);font-weight:560;
font-size:.84rem;white-space:nowrap}
thead .unit{font-size:.95em}
.number{text-align:right;white-space:nowrap}
tbody tr:hover{background:var(--faint)}
td .mark{display:inline-block;width:1.1em;text-align:right;font-weight:700;font-size:.85em}
.plot svg{display:block;width:100%;height:auto;max-width:var(--wide);font-family:inherit;font-variant-numeric:tabular-nums}
.plot .title{font-weight:600;font-size:1rem;margin:0 0 .3rem;color:var(--ink)}
.call{border-left:3px solid var(--accent);background:var(--note-wash);border-radius:0 8px 8px 0;padding:.7rem 1.1rem;margin:1.2rem 0;
max-width:48rem}
.call p{margin:.2rem 0}.call strong{font-weight:640}
.call.warning{border-color:var(--warn);background:var(--warn-wash)}
pre{background:var(--faint);border:1px solid var(--line);border-radius:8px;padding:.85rem 1.1rem;overflow:auto;font-size:.86rem;
line-height:1.55;margin:0}
pre,code,.hash{font-family:ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);margin:.4rem 0;font-size:.92rem;
font-variant-numeric:tabular-nums}
dt,dd{padding:.3rem 0;border-bottom:1px solid var(--faint);margin:0}
dt{color:var(--muted);padding-right:1.6rem}dd{overflow-wrap:anywhere}
dd>dl{margin:0}dd>dl>:nth-last-child(-n+2){border-bottom:0}
details{border:1px solid var(--line);border-radius:10px;background:var(--sheet);padding:.75rem 1.15rem;margin:3rem 0 1rem}
summary{cursor:pointer;font-weight:600}
details[open] summary{margin-bottom:.6rem}
summary h2{display:inline;font-size:1rem;margin:0;letter-spacing:0}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
footer{max-width:62rem;margin:0 auto;padding:1.2rem 2rem 3rem;color:var(--muted);font-size:.86rem}
footer p{margin:0}
@media (max-width:40rem){main{padding:2rem 1.1rem .5rem}footer{padding:1rem 1.1rem 2rem}h1{font-size:1.65rem}
dl{grid-template-columns:1fr}dt{border:0;padding-bottom:0}}
@media print{:root{color-scheme:light;--paper:#fff;--sheet:#fff;--ink:#111;--muted:#4a4a4a;--line:#ccc;--faint:#eee;--accent:#17698a;
--good:#157347;--warn:#8a5a00;--bad:#b3261e;--good-wash:#fff;--warn-wash:#fff;--bad-wash:#fff;--note-wash:#fff;
--series-1:#1f7396;--series-2:#cf5f22;--series-3:#55873a;--series-4:#8558a6;--series-5:#ab7c10;--series-6:#c0446b;
--series-7:#4767b0;--series-8:#6a6f77}
html{font-size:13px}main{padding-top:0;max-width:none}.table{max-height:none;overflow:visible}thead th{position:static}
figure,.figures li,tr,.call{break-inside:avoid}h2,h3{break-after:avoid}nav,.swipe-ends input{display:none}}
)css";
}

std::string_view script() {
  return "for(const input of document.querySelectorAll('.swipe-ends input')){"
         "const picture=input.closest('figure').querySelector('.swipe');"
         "const move=()=>picture.style.setProperty('--at',input.value+'%');"
         "input.addEventListener('input',move);move();"
         "picture.addEventListener('pointermove',event=>{const box=picture.getBoundingClientRect();"
         "input.value=100*(event.clientX-box.left)/box.width;move();});}";
}

std::string_view script_hash() { return "h8cGwZbOCTR1jfPVWwPE0pov/87jWOSA573bMAEvnpw="; }

}  // namespace sg::report
