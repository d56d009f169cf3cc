// The scripts by which a page reloads when the application has been started anew. What they know: an event stream that names the start
// it belongs to, and that browsers open six connections to a host.

import { EVENTS_PATH } from "./words.ts";

/**
 * A stream of its own for each page that is looked at; the one in the background gives its connection back, and asks again when it is
 * shown. A stream that is refused outright (a proxy's 502, a page that is no stream) is not tried again by the browser, so it is here.
 * One that has no answer for some seconds is asked for anew: the connection may be lost on the way without a word.
 * `mine` is the start that the page came from, or the first that is heard of. `act` is called once, when it is another.
 */
const WATCH = `function watch(url,mine,act){
var stream=null,timer=0,silent=0;
function close(){clearTimeout(timer);if(stream)stream.close();stream=null}
function open(){
close();
stream=new EventSource(url);
stream.addEventListener("boot",function(event){
if(!mine)mine=event.data;
else if(mine!==event.data){close();document.removeEventListener("visibilitychange",look);act()}
});
stream.onerror=function(){if(stream&&stream.readyState===2){clearTimeout(timer);timer=setTimeout(open,250)}};
}
function look(){if(document.visibilityState==="visible"){if(!stream)open()}else close()}
document.addEventListener("visibilitychange",look);
setInterval(function(){
silent=stream&&stream.readyState===0?silent+1:0;
if(silent>2){silent=0;open()}
},2000);
addEventListener("pagehide",close);
addEventListener("pageshow",look);
look();
}`;

/** Where the page came by another method, a reload would send its body again without being asked. */
export const PAGE_SCRIPT = `(function(){
${WATCH}
var root=document.documentElement,note=document.getElementById("again");
watch("${EVENTS_PATH}",root.getAttribute("data-boot"),function(){
if(root.getAttribute("data-method")==="GET")location.reload();
else note.hidden=false;
});
})();`;

/** A file of its own, so that a policy of \`script-src 'self'\` lets it through. The stream is beside it. */
export const reloadScript = (boot: string): string => `// tsgi --live-reload: only in development
(function(){
if(window.__tsgiReload)return;
window.__tsgiReload=true;
${WATCH}
var me=document.currentScript;
watch(new URL("events",me.src).href,me.getAttribute("data-boot")||${JSON.stringify(boot)},function(){location.reload()});
})();
`;
