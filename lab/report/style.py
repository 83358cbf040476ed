"""How the page looks and how it draws: one style sheet and one script, for light and dark, wide and narrow."""

STYLE = """
:root{--ink:#1b1f24;--soft:#59616b;--line:#dfe3e8;--page:#fff;--tint:#f5f7f9;--good:#1f6fb2;--bad:#b3402c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a0a8b2;--line:#2e343c;--page:#14171c;--tint:#1b1f26;
--good:#6fb1ea;--bad:#ee8a74}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:clamp(1.6rem,4.5vw,2.3rem);line-height:1.15;letter-spacing:-.015em;margin:.2rem 0 1rem;font-weight:650}
h2{font-size:1.2rem;margin:0 0 .4rem;font-weight:620}
section{margin-top:3rem}
.kicker{color:var(--soft);margin:0;font-size:.85rem}
.answer{font-size:1.12rem;max-width:46rem;margin:0 0 1.6rem}
.note{color:var(--soft);font-size:.88rem;max-width:46rem;margin:.3rem 0 .9rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.7rem 1.5rem;margin:0 0 1rem;
padding:1rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
dt{color:var(--soft);font-size:.78rem}dd{margin:0;font-size:.92rem}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums lining-nums;width:100%}
th,td{padding:.42rem .6rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;font-size:.78rem;vertical-align:bottom;line-height:1.25}
tbody th,thead th:first-child{text-align:left;font-weight:550;position:sticky;left:0;background:var(--page)}
tbody th{min-width:9rem;max-width:15rem;white-space:normal}
td.text,th.text{text-align:left}td.text{white-space:normal;min-width:6rem}td.long{min-width:20rem}
tbody tr:hover td,tbody tr:hover th{background:var(--tint)}
small{display:block;color:var(--soft);font-size:.74rem;font-weight:400}
.tag{font-size:.7rem;font-weight:500;color:var(--soft);border:1px solid var(--line);border-radius:3px;padding:0 .3em}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
label{font-size:.88rem;color:var(--soft)}
select{font:inherit;color:var(--ink);background:var(--page);border:1px solid var(--line);border-radius:4px;
padding:.25rem .5rem;margin-left:.3rem;max-width:100%}
select:focus-visible{outline:2px solid var(--good)}
summary{cursor:pointer;color:var(--soft);font-size:.88rem}details li{font-size:.88rem}
ul{max-width:46rem;padding-left:1.2rem}li{margin:.3rem 0}
.plot{width:100%}
@media(max-width:640px){main{padding:1.5rem .9rem 3rem}.answer{font-size:1.02rem}th,td{padding:.4rem .45rem}
tbody th{min-width:7rem;max-width:9rem}}
@media print{.plot,section{break-inside:avoid}label{display:none}}
"""

SCRIPT = """
(function(){
"use strict";
var plots={};
function css(name){return getComputedStyle(document.documentElement).getPropertyValue(name).trim()}
function dress(layout,narrow,height){
  var ink=css("--ink"),soft=css("--soft"),line=css("--line");
  layout.paper_bgcolor="rgba(0,0,0,0)";layout.plot_bgcolor="rgba(0,0,0,0)";
  layout.font={family:getComputedStyle(document.body).fontFamily,size:12,color:soft};
  layout.margin={l:narrow?44:60,r:12,t:12,b:44};
  var below=-(layout.xaxis.title?66:38)/Math.max(120,height-(narrow?160:120));
  layout.legend=Object.assign({orientation:"h",y:below,yanchor:"top",x:0,font:{color:ink,size:narrow?11:12}},
    layout.legend||{});
  layout.hoverlabel={bgcolor:css("--tint"),bordercolor:line,font:{color:ink}};
  layout.dragmode=narrow?false:"zoom";
  Object.keys(layout).forEach(function(key){
    if(/^[xy]axis/.test(key)){var axis=layout[key];axis.gridcolor=line;axis.linecolor=line;
      axis.zerolinecolor=line;axis.automargin=true}
  });
  return layout;
}
function draw(name,choice){
  var host=document.getElementById("plot-"+name),figure=plots[name][choice||Object.keys(plots[name])[0]];
  var narrow=host.clientWidth<560;
  var layout=JSON.parse(JSON.stringify(figure.layout||{}));
  layout.xaxis=layout.xaxis||{};layout.yaxis=layout.yaxis||{};
  layout=dress(layout,narrow,host.clientHeight);
  var data=figure.data.map(function(trace){
    return narrow&&trace.visible==="legendonly"?Object.assign({},trace,{showlegend:false}):trace});
  Plotly.react(host,data,layout,{responsive:true,displaylogo:false,displayModeBar:false});
}
function chosen(name){var box=document.querySelector('select[data-for="'+name+'"]');return box?box.value:null}
function all(){Object.keys(plots).forEach(function(name){if(plots[name].drawn){draw(name,chosen(name))}})}
document.querySelectorAll("script[data-plot]").forEach(function(node){
  var name=node.getAttribute("data-plot"),data=JSON.parse(node.textContent);
  Object.defineProperty(data,"drawn",{value:false,writable:true,enumerable:false});
  plots[name]=data;
});
document.querySelectorAll("select[data-for]").forEach(function(box){
  box.addEventListener("change",function(){draw(box.getAttribute("data-for"),box.value)});
});
function show(name){plots[name].drawn=true;draw(name,chosen(name))}
if("IntersectionObserver" in window&&!window.matchMedia("print").matches){
  var watch=new IntersectionObserver(function(seen){seen.forEach(function(entry){
    if(entry.isIntersecting){watch.unobserve(entry.target);show(entry.target.id.slice(5))}})},{rootMargin:"600px"});
  Object.keys(plots).forEach(function(name){watch.observe(document.getElementById("plot-"+name))});
  window.addEventListener("beforeprint",function(){Object.keys(plots).forEach(show)});
}else{Object.keys(plots).forEach(show)}
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change",all);
})();
"""
