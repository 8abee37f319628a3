function e(e){let t=document.getElementById(e);if(!t)throw Error(`no element #${e}`);return t}function t(e,t={},...n){let r=document.createElement(e);for(let[e,n]of Object.entries(t))r.setAttribute(e,n);return r.append(...n),r}function n(e,t={}){let n=document.createElementNS(`http://www.w3.org/2000/svg`,e);for(let[e,r]of Object.entries(t))n.setAttribute(e,String(r));return n}function r(t){let n=e(`announcements`);n.textContent=n.textContent===t?`${t}\u00a0`:t}function i(t,n,r){e(t).addEventListener(n,r)}function a(e,n,r){let i=t(`a`,{href:URL.createObjectURL(new Blob([e],{type:r})),download:n});i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),1e4)}function o(e){return e instanceof Error?e.message:String(e)}var s=class{canvas;events;strokes=[];#e=!1;#t;#n;#r;#i;constructor(e,t){this.canvas=e,this.events=t;let n=e.getContext(`2d`);if(!n)throw Error(`no surface to draw on`);this.#i=n,e.addEventListener(`pointerdown`,e=>this.#s(e)),e.addEventListener(`pointermove`,e=>this.#c(e));for(let t of[`pointerup`,`pointercancel`,`pointerleave`])e.addEventListener(t,e=>this.#l(e));e.addEventListener(`keydown`,e=>this.#d(e)),e.addEventListener(`blur`,()=>this.#u()),new ResizeObserver(()=>this.#f()).observe(e)}get air(){return this.#e}set air(e){this.#e=e,this.#t=void 0}undo(){this.#t=void 0,this.strokes.pop(),this.#a()}clear(){this.#t=void 0,this.strokes.length=0,this.#a(),this.events.cleared()}#a(){this.redraw(),this.events.changed(this.strokes)}#o(e){this.#t=[e],this.strokes.push(this.#t)}#s(e){e.button===0&&(e.preventDefault(),this.canvas.focus({preventScroll:!0}),this.#e||(this.canvas.setPointerCapture(e.pointerId),this.#n=e.pointerId,this.#o([e.offsetX,e.offsetY]),this.#a()))}#c(e){if(this.#e)this.#t||this.#o([e.offsetX,e.offsetY]);else if(e.pointerId!==this.#n)return;let t=e.getCoalescedEvents?.()??[];for(let n of t.length>0?t:[e])this.#t?.push([n.offsetX,n.offsetY]);this.#a()}#l(e){(this.#e?e.type===`pointerleave`:e.pointerId===this.#n)&&(this.#n=void 0,this.#t=void 0)}#u(){this.#r?.down&&(this.#r.down=!1,this.#t=void 0,this.redraw())}#d(e){if(e.ctrlKey||e.altKey||e.metaKey)return;let t=e.shiftKey?2:10,n={ArrowLeft:[-t,0],ArrowRight:[t,0],ArrowUp:[0,-t],ArrowDown:[0,t]}[e.key],{clientWidth:r,clientHeight:i}=this.canvas;this.#r??={x:Math.round(r/4),y:Math.round(i/2),down:!1};let a=this.#r;if(n)a.x=Math.min(Math.max(a.x+n[0],0),r),a.y=Math.min(Math.max(a.y+n[1],0),i),a.down&&this.#t?.push([a.x,a.y]);else if(e.key===` `)a.down=!a.down,a.down?this.#o([a.x,a.y]):this.#t=void 0,this.events.pen(a.down);else if(e.key===`Backspace`)a.down=!1,this.undo();else if(e.key===`Escape`)a.down=!1,this.clear();else return;e.preventDefault(),a.down?this.#a():this.redraw()}#f(){let e=window.devicePixelRatio||1;this.canvas.width=Math.round(this.canvas.clientWidth*e),this.canvas.height=Math.round(this.canvas.clientHeight*e),this.redraw()}redraw(){let{canvas:e}=this,t=this.#i,n=window.devicePixelRatio||1;t.setTransform(n,0,0,n,0,0),t.clearRect(0,0,e.clientWidth,e.clientHeight),t.lineCap=t.lineJoin=`round`,t.lineWidth=8,t.strokeStyle=getComputedStyle(e).color;for(let e of this.strokes){let[n,...r]=e;if(n){t.beginPath(),t.moveTo(...n),t.lineTo(...n);for(let e of r)t.lineTo(...e);t.stroke()}}this.#r&&document.activeElement===e&&(t.lineWidth=2,t.beginPath(),t.arc(this.#r.x,this.#r.y,this.#r.down?6:12,0,2*Math.PI),t.stroke())}};function c(e){try{return localStorage.getItem(e)}catch{return null}}function l(e,t){try{localStorage.setItem(e,t)}catch{}}var u={en:{title:`Lekka – handwritten Kannada digits`,tagline:`Reads handwritten Kannada digits and says how sure it is.`,skip:`Skip to the drawing surface`,language:`Language`,theme:`Colours`,themeAuto:`As the system`,themeLight:`Light`,themeDark:`Dark`,reader:`Read`,readerWasm:`in this page`,readerServer:`on the server`,privateWasm:`Pictures and strokes are read in this page and never leave your device.`,privateServer:`Pictures and strokes are sent to the server this page came from, and to no other.`,draw:`Draw`,drawHint:`Draw a digit or a number with mouse, finger or pen. With the keyboard: arrow keys move the pen (with Shift in small steps), Space puts it down and lifts it, Backspace takes back a stroke, Escape clears.`,surface:`Drawing surface`,surfaceRole:`drawing surface`,penDown:`Pen down`,penUp:`Pen up`,undo:`Undo`,clear:`Clear`,writing:`Writing`,writingLifted:`the pen is lifted after each digit`,writingJoined:`a number without lifting the pen`,writingAir:`in the air: the pointer writes unpressed`,drawEmpty:`What you draw is read here.`,drawNothing:`No digit seen.`,cleared:`Cleared.`,picture:`Read a picture`,pictureHint:`PNG, JPEG, TIFF, WebP, GIF, BMP or PNM: drop it here, paste it, choose a file or take a photograph.`,choose:`Choose a picture`,photograph:`Take a photograph`,ink:`Ink`,inkAuto:`find out`,inkDark:`dark on light`,inkLight:`light on dark`,reading:`Reading…`,page:`Page`,pageOf:`Page {page} of {pages}`,noDigits:`No digits found on this page.`,boxes:`Digits on the page. Arrow keys move between them, 0 to 9 correct the chosen one, Delete empties it.`,doubtful:`To look at`,doubtfulNone:`Nothing is in doubt.`,chosen:`Chosen digit`,chosenNone:`Choose a digit on the page or in the list to correct it.`,correctTo:`Correct to {digit}`,correctEmpty:`nothing`,corrected:`corrected`,correctedTo:`{place}: corrected to {digit}.`,place:`row {row}, column {column}`,placeNumber:`digit {column}`,inField:`field {field}, {place}`,empty:`empty`,statusOk:`sure`,statusReview:`in doubt`,statusBlank:`empty`,percent:`{value} %`,result:`Reading`,form:`Read a form`,formHint:`Choose the form, or open its template (TOML), then a scan of it that was filled in. Fields in doubt are shown with their picture and likeliest readings.`,formTemplate:`Form`,formNone:`choose a form`,formExamples:`Examples`,formServer:`On the server`,formOpened:`Opened`,formOpen:`Open a template`,formScan:`Choose a filled form`,formReview:`In doubt`,formReview90:`below 90 %`,formReview98:`below 98 %`,formReview999:`below 99.9 %`,formReviewAll:`every field`,formFirst:`Choose a form first: a scan does not say which one it is.`,formReady:`{form}: {fields} fields. Now choose a filled form.`,formHere:`The server does not know this template: it was read in this page.`,formKeys:`Digits correct a value, up and down arrows choose a likely reading, Enter accepts it and goes to the next field in doubt.`,formTable:`Fields of the form`,formField:`Field`,formValue:`Value`,formState:`State`,formReadings:`To choose from`,formPicture:`{field}, as it stands on the scan`,formTake:`{field}: take {value}, {percent}`,formNoDigits:`not only digits: type what is written`,formLength:`{length} digits, {wanted} belong here`,formAccepted:`{field}: {value}. {left} left to look at.`,formDone:`Nothing is left to look at.`,formSummary:`{fields} fields, {doubtful} in doubt.`,formNext:`Next in doubt`,formCsv:`Download CSV`,formJson:`Download JSON`,exportTitle:`Take it with you`,format:`Format`,formatText:`Text, Kannada digits`,formatAscii:`Text, 0 to 9`,formatCsv:`CSV table`,formatJson:`JSON`,copy:`Copy`,copied:`Copied.`,copyFailed:`The browser did not allow copying.`,download:`Download`,stages:`How the picture was prepared`,stagesShow:`Show every stage`,speak:`Speak`,speakAlways:`Speak every reading`,noVoice:`This device has no voice of its own; voices that need the network are not used.`,readAs:`Read: {text}`,summary:`{digits} digits, {doubtful} in doubt, {blank} empty.`,milliseconds:`{value} ms`,failed:`Not read: {reason}`,noEngine:`This browser cannot run the recogniser (WebAssembly with SIMD is needed): {reason}`,about:`The recogniser is a small neural network; it errs at times, most where it is in doubt. It knows the ten Kannada digits and nothing else.`},kn:{title:`ಲೆಕ್ಕ – ಕೈಬರಹದ ಕನ್ನಡ ಅಂಕಿಗಳು`,tagline:`ಕೈಬರಹದ ಕನ್ನಡ ಅಂಕಿಗಳನ್ನು ಓದುತ್ತದೆ, ಎಷ್ಟು ಖಚಿತ ಎಂದೂ ಹೇಳುತ್ತದೆ.`,skip:`ಬರೆಯುವ ಜಾಗಕ್ಕೆ ಹೋಗಿ`,language:`ಭಾಷೆ`,theme:`ಬಣ್ಣಗಳು`,themeAuto:`ವ್ಯವಸ್ಥೆಯಂತೆ`,themeLight:`ತಿಳಿ`,themeDark:`ಗಾಢ`,reader:`ಓದುವುದು`,readerWasm:`ಈ ಪುಟದಲ್ಲೇ`,readerServer:`ಸರ್ವರ್‌ನಲ್ಲಿ`,privateWasm:`ಚಿತ್ರಗಳು ಮತ್ತು ಗೆರೆಗಳನ್ನು ಈ ಪುಟದಲ್ಲೇ ಓದಲಾಗುತ್ತದೆ; ಅವು ನಿಮ್ಮ ಸಾಧನವನ್ನು ಬಿಟ್ಟು ಹೋಗುವುದಿಲ್ಲ.`,privateServer:`ಚಿತ್ರಗಳು ಮತ್ತು ಗೆರೆಗಳನ್ನು ಈ ಪುಟ ಬಂದ ಸರ್ವರ್‌ಗೆ ಮಾತ್ರ ಕಳುಹಿಸಲಾಗುತ್ತದೆ, ಬೇರೆಲ್ಲಿಗೂ ಇಲ್ಲ.`,draw:`ಬರೆಯಿರಿ`,drawHint:`ಮೌಸ್, ಬೆರಳು ಅಥವಾ ಪೆನ್ನಿನಿಂದ ಅಂಕಿ ಅಥವಾ ಸಂಖ್ಯೆ ಬರೆಯಿರಿ. ಕೀಲಿಮಣೆಯಿಂದ: ಬಾಣದ ಕೀಲಿಗಳು ಪೆನ್ನನ್ನು ಸರಿಸುತ್ತವೆ (Shift ಜೊತೆ ಸಣ್ಣ ಹೆಜ್ಜೆ), Space ಪೆನ್ನನ್ನು ಇಳಿಸಿ ಎತ್ತುತ್ತದೆ, Backspace ಒಂದು ಗೆರೆಯನ್ನು ತೆಗೆಯುತ್ತದೆ, Escape ಎಲ್ಲವನ್ನೂ ಅಳಿಸುತ್ತದೆ.`,surface:`ಬರೆಯುವ ಜಾಗ`,surfaceRole:`ಬರೆಯುವ ಜಾಗ`,penDown:`ಪೆನ್ನು ಕೆಳಗೆ`,penUp:`ಪೆನ್ನು ಮೇಲೆ`,undo:`ಹಿಂತೆಗೆ`,clear:`ಅಳಿಸು`,writing:`ಬರಹ`,writingLifted:`ಪ್ರತಿ ಅಂಕಿಯ ನಂತರ ಪೆನ್ನು ಎತ್ತಿ`,writingJoined:`ಪೆನ್ನು ಎತ್ತದೆ ಸಂಖ್ಯೆ`,writingAir:`ಗಾಳಿಯಲ್ಲಿ: ಒತ್ತದೆಯೇ ಸೂಚಕ ಬರೆಯುತ್ತದೆ`,drawEmpty:`ನೀವು ಬರೆದದ್ದನ್ನು ಇಲ್ಲಿ ಓದಲಾಗುತ್ತದೆ.`,drawNothing:`ಯಾವ ಅಂಕಿಯೂ ಕಾಣಲಿಲ್ಲ.`,cleared:`ಅಳಿಸಲಾಗಿದೆ.`,picture:`ಚಿತ್ರ ಓದಿ`,pictureHint:`PNG, JPEG, TIFF, WebP, GIF, BMP ಅಥವಾ PNM: ಇಲ್ಲಿ ಎಳೆದು ಬಿಡಿ, ಅಂಟಿಸಿ, ಕಡತ ಆರಿಸಿ ಅಥವಾ ಛಾಯಾಚಿತ್ರ ತೆಗೆಯಿರಿ.`,choose:`ಚಿತ್ರ ಆರಿಸಿ`,photograph:`ಛಾಯಾಚಿತ್ರ ತೆಗೆಯಿರಿ`,ink:`ಶಾಯಿ`,inkAuto:`ತಾನೇ ಗುರುತಿಸು`,inkDark:`ತಿಳಿ ಮೇಲೆ ಗಾಢ`,inkLight:`ಗಾಢ ಮೇಲೆ ತಿಳಿ`,reading:`ಓದಲಾಗುತ್ತಿದೆ…`,page:`ಪುಟ`,pageOf:`{pages} ಪುಟಗಳಲ್ಲಿ {page}ನೆಯದು`,noDigits:`ಈ ಪುಟದಲ್ಲಿ ಅಂಕಿಗಳು ಸಿಗಲಿಲ್ಲ.`,boxes:`ಪುಟದ ಅಂಕಿಗಳು. ಬಾಣದ ಕೀಲಿಗಳಿಂದ ಸರಿಯಿರಿ, 0ರಿಂದ 9 ಆರಿಸಿದ್ದನ್ನು ತಿದ್ದುತ್ತವೆ, Delete ಖಾಲಿ ಮಾಡುತ್ತದೆ.`,doubtful:`ನೋಡಬೇಕಾದವು`,doubtfulNone:`ಯಾವುದೂ ಸಂದೇಹದಲ್ಲಿಲ್ಲ.`,chosen:`ಆರಿಸಿದ ಅಂಕಿ`,chosenNone:`ತಿದ್ದಲು ಪುಟದಲ್ಲಿ ಅಥವಾ ಪಟ್ಟಿಯಲ್ಲಿ ಒಂದು ಅಂಕಿ ಆರಿಸಿ.`,correctTo:`{digit} ಎಂದು ತಿದ್ದಿ`,correctEmpty:`ಖಾಲಿ`,corrected:`ತಿದ್ದಿದ್ದು`,correctedTo:`{place}: {digit} ಎಂದು ತಿದ್ದಲಾಗಿದೆ.`,place:`ಸಾಲು {row}, ಕಂಬ {column}`,placeNumber:`ಅಂಕಿ {column}`,inField:`ಕ್ಷೇತ್ರ {field}, {place}`,empty:`ಖಾಲಿ`,statusOk:`ಖಚಿತ`,statusReview:`ಸಂದೇಹ`,statusBlank:`ಖಾಲಿ`,percent:`ಶೇ. {value}`,result:`ಓದಿದ್ದು`,form:`ನಮೂನೆ ಓದಿ`,formHint:`ನಮೂನೆಯನ್ನು ಆರಿಸಿ ಅಥವಾ ಅದರ ವಿನ್ಯಾಸ ಕಡತ (TOML) ತೆರೆಯಿರಿ, ನಂತರ ತುಂಬಿದ ನಮೂನೆಯ ಚಿತ್ರ ಆರಿಸಿ. ಸಂದೇಹವಿರುವ ಕ್ಷೇತ್ರಗಳನ್ನು ಚಿತ್ರ ಮತ್ತು ಸಂಭವನೀಯ ಓದುಗಳೊಂದಿಗೆ ತೋರಿಸಲಾಗುತ್ತದೆ.`,formTemplate:`ನಮೂನೆ`,formNone:`ನಮೂನೆ ಆರಿಸಿ`,formExamples:`ಉದಾಹರಣೆಗಳು`,formServer:`ಸರ್ವರ್‌ನಲ್ಲಿ`,formOpened:`ತೆರೆದವು`,formOpen:`ವಿನ್ಯಾಸ ಕಡತ ತೆರೆಯಿರಿ`,formScan:`ತುಂಬಿದ ನಮೂನೆ ಆರಿಸಿ`,formReview:`ಸಂದೇಹ`,formReview90:`ಶೇ. 90ಕ್ಕಿಂತ ಕಡಿಮೆ`,formReview98:`ಶೇ. 98ಕ್ಕಿಂತ ಕಡಿಮೆ`,formReview999:`ಶೇ. 99.9ಕ್ಕಿಂತ ಕಡಿಮೆ`,formReviewAll:`ಪ್ರತಿ ಕ್ಷೇತ್ರ`,formFirst:`ಮೊದಲು ನಮೂನೆ ಆರಿಸಿ: ಯಾವ ನಮೂನೆ ಎಂದು ಚಿತ್ರ ಹೇಳುವುದಿಲ್ಲ.`,formReady:`{form}: {fields} ಕ್ಷೇತ್ರಗಳು. ಈಗ ತುಂಬಿದ ನಮೂನೆ ಆರಿಸಿ.`,formHere:`ಸರ್ವರ್‌ಗೆ ಈ ವಿನ್ಯಾಸ ಗೊತ್ತಿಲ್ಲ: ಈ ಪುಟದಲ್ಲೇ ಓದಲಾಯಿತು.`,formKeys:`ಅಂಕಿಗಳು ಮೌಲ್ಯವನ್ನು ತಿದ್ದುತ್ತವೆ, ಮೇಲೆ ಕೆಳಗೆ ಬಾಣಗಳು ಸಂಭವನೀಯ ಓದನ್ನು ಆರಿಸುತ್ತವೆ, Enter ಒಪ್ಪಿ ಮುಂದಿನ ಸಂದೇಹದ ಕ್ಷೇತ್ರಕ್ಕೆ ಹೋಗುತ್ತದೆ.`,formTable:`ನಮೂನೆಯ ಕ್ಷೇತ್ರಗಳು`,formField:`ಕ್ಷೇತ್ರ`,formValue:`ಮೌಲ್ಯ`,formState:`ಸ್ಥಿತಿ`,formReadings:`ಆಯ್ಕೆಗಳು`,formPicture:`{field}, ಚಿತ್ರದಲ್ಲಿ ಇರುವಂತೆ`,formTake:`{field}: {value}, {percent} ತೆಗೆದುಕೊಳ್ಳಿ`,formNoDigits:`ಬರೀ ಅಂಕಿಗಳಲ್ಲ: ಬರೆದಿರುವುದನ್ನು ಟೈಪ್ ಮಾಡಿ`,formLength:`{length} ಅಂಕಿಗಳಿವೆ, {wanted} ಇರಬೇಕು`,formAccepted:`{field}: {value}. ನೋಡಬೇಕಾದವು ಇನ್ನು {left}.`,formDone:`ನೋಡಬೇಕಾದದ್ದು ಏನೂ ಉಳಿದಿಲ್ಲ.`,formSummary:`{fields} ಕ್ಷೇತ್ರಗಳು, {doubtful} ಸಂದೇಹದಲ್ಲಿ.`,formNext:`ಮುಂದಿನ ಸಂದೇಹ`,formCsv:`CSV ಇಳಿಸಿಕೊಳ್ಳಿ`,formJson:`JSON ಇಳಿಸಿಕೊಳ್ಳಿ`,exportTitle:`ತೆಗೆದುಕೊಳ್ಳಿ`,format:`ರೂಪ`,formatText:`ಪಠ್ಯ, ಕನ್ನಡ ಅಂಕಿಗಳು`,formatAscii:`ಪಠ್ಯ, 0ರಿಂದ 9`,formatCsv:`CSV ಕೋಷ್ಟಕ`,formatJson:`JSON`,copy:`ನಕಲಿಸಿ`,copied:`ನಕಲಾಗಿದೆ.`,copyFailed:`ಬ್ರೌಸರ್ ನಕಲಿಸಲು ಬಿಡಲಿಲ್ಲ.`,download:`ಇಳಿಸಿಕೊಳ್ಳಿ`,stages:`ಚಿತ್ರವನ್ನು ಹೇಗೆ ಸಿದ್ಧಪಡಿಸಲಾಯಿತು`,stagesShow:`ಪ್ರತಿ ಹಂತ ತೋರಿಸಿ`,speak:`ಓದಿ ಹೇಳಿ`,speakAlways:`ಪ್ರತಿ ಬಾರಿ ಓದಿ ಹೇಳಿ`,noVoice:`ಈ ಸಾಧನದಲ್ಲಿ ತನ್ನದೇ ಧ್ವನಿ ಇಲ್ಲ; ಜಾಲದ ಧ್ವನಿಗಳನ್ನು ಬಳಸುವುದಿಲ್ಲ.`,readAs:`ಓದಿದ್ದು: {text}`,summary:`{digits} ಅಂಕಿಗಳು, {doubtful} ಸಂದೇಹದಲ್ಲಿ, {blank} ಖಾಲಿ.`,milliseconds:`{value} ಮಿ.ಸೆ.`,failed:`ಓದಲಾಗಲಿಲ್ಲ: {reason}`,noEngine:`ಈ ಬ್ರೌಸರ್‌ನಲ್ಲಿ ಓದುಗವನ್ನು ನಡೆಸಲಾಗದು (SIMD ಇರುವ WebAssembly ಬೇಕು): {reason}`,about:`ಓದುವುದು ಒಂದು ಚಿಕ್ಕ ನರಜಾಲ; ಅದು ಕೆಲವೊಮ್ಮೆ ತಪ್ಪುತ್ತದೆ, ಹೆಚ್ಚಾಗಿ ಸಂದೇಹವಿರುವಲ್ಲಿ. ಅದಕ್ಕೆ ಹತ್ತು ಕನ್ನಡ ಅಂಕಿಗಳು ಮಾತ್ರ ಗೊತ್ತು.`}},d=`en`;function f(){let e=c(`language`);return e===`en`||e===`kn`?e:navigator.languages.some(e=>e.startsWith(`kn`))?`kn`:`en`}function p(e){d=e,l(`language`,e),document.documentElement.lang=e,document.title=h(`title`);for(let e of document.querySelectorAll(`[data-text]`))e.textContent=h(e.dataset.text);for(let e of document.querySelectorAll(`[data-label]`))e.setAttribute(`aria-label`,h(e.dataset.label))}function m(){return d}function h(e,t={}){return u[d][e].replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??``))}var g={grey:[`Grey`,`ಬೂದು`],inverted:[`Inverted`,`ತಿರುವುಮುರುವು`],light:[`Even light`,`ಸಮ ಬೆಳಕು`],median:[`Specks removed`,`ಚುಕ್ಕೆ ತೆಗೆದದ್ದು`],threshold:[`Threshold`,`ಮಿತಿ`],upright:[`Straightened`,`ನೇರ ಮಾಡಿದ್ದು`],turned:[`Turned upright`,`ತಿರುಗಿಸಿದ್ದು`],ink:[`Ink`,`ಶಾಯಿ`],rules:[`Ruled lines removed`,`ಗೆರೆ ತೆಗೆದದ್ದು`],digits:[`Digits found`,`ಸಿಕ್ಕ ಅಂಕಿಗಳು`],glyphs:[`What the network sees`,`ನರಜಾಲ ನೋಡುವುದು`]};function ee(e){return g[e]?.[+(d===`kn`)]??e}function _(e){return String.fromCodePoint(3302+e)}function v(e){let t=e*100,n=e>=1?`100`:t>99.9?`99.9`:t.toFixed(t>=10?0:1);return h(`percent`,{value:e<1&&n===`100`?`99`:n})}function y(e){return e===null?h(`empty`):`${_(e)} (${e})`}function b(e){return h(e.status===`ok`?`statusOk`:e.status===`review`?`statusReview`:`statusBlank`)}function x(e,t,n){let r=e.fields[t]?.kind===`grid`?h(`place`,{row:n.row+1,column:n.column+1}):h(`placeNumber`,{column:n.column+1});return e.fields.length>1?h(`inField`,{field:t+1,place:r}):r}function S(e){let n=t(`dl`,{class:`guesses`}),r=e.digit===null?[]:[[e.digit,e.probability],...e.alternatives];for(let[e,i]of r){let r=t(`meter`,{min:`0`,max:`1`,value:String(i),"aria-label":y(e)});n.append(t(`dt`,{},y(e)),t(`dd`,{},r),t(`dd`,{},v(i)))}let i=t(`strong`,{},y(e.digit)),a=t(`span`,{class:`status`},b(e));return t(`li`,{class:`digit ${e.status}`},i,` `,a,n)}function C(e,t){return e.fields.map(e=>e[t]).join(`
`)}function w(e){let t=e.fields.flatMap(e=>e.digits),n=e=>t.filter(t=>t.status===e).length;return{digits:t.length-n(`blank`),doubtful:n(`review`),blank:n(`blank`)}}var te=700,ne=class{backend;events;pad;#e;#t;#n=0;#r;#i=!1;#a=!1;#o;constructor(t,n){this.backend=t,this.events=n,this.pad=new s(e(`surface`),{changed:e=>this.#s(e),pen:e=>r(h(e?`penDown`:`penUp`)),cleared:()=>r(h(`cleared`))}),i(`undo`,`click`,()=>this.pad.undo()),i(`clear`,`click`,()=>this.pad.clear()),i(`writing`,`change`,e=>{let{value:t}=e.target;this.#a=t!==`lifted`,this.pad.air=t===`air`,this.again()}),this.show()}again(){this.pad.strokes.length>0&&this.#s(this.pad.strokes)}#s(e){clearTimeout(this.#o),this.#r=e.map(e=>[...e]),this.#c()}async#c(){if(!this.#i){this.#i=!0;try{for(let e=this.#r;e;e=this.#r)this.#r=void 0,await this.#l(e)}finally{this.#i=!1}}}async#l(e){if(this.#t=this.#e=void 0,e.length>0){let t=performance.now();try{this.#e=await this.backend().readStrokes(e,this.#a,`drawing`)}catch(e){this.#t=o(e)}this.#n=performance.now()-t}this.show(),this.events.read(this.#e);let t=this.#e;clearTimeout(this.#o),t&&(this.#o=setTimeout(()=>this.#u(t),te))}#u(e){r(e.fields.length>0?h(`readAs`,{text:C(e,`ascii`)}):h(`drawNothing`)),this.events.rested(e)}show(){let n=e(`draw-result`),r=this.#e;if(n.dataset.digits=r?C(r,`ascii`):``,this.#t!==void 0)n.replaceChildren(t(`p`,{class:`error`,role:`alert`},h(`failed`,{reason:this.#t})));else if(!r)n.replaceChildren(t(`p`,{class:`hint`},h(`drawEmpty`)));else if(r.fields.length===0)n.replaceChildren(t(`p`,{},h(`drawNothing`)));else{let e=t(`p`,{class:`number`},t(`span`,{lang:`kn`},C(r,`text`)),` `);e.append(t(`small`,{},C(r,`ascii`)));let i=r.fields.flatMap(e=>e.digits).map(S),a=h(`milliseconds`,{value:this.#n.toFixed(0)});n.replaceChildren(e,t(`ul`,{class:`digits`},...i),t(`p`,{class:`hint`},a))}}},re=`# A student's marks: theory and internal marks of five subjects, their totals, and the sum of all.
name = "marks-sheet"
title = "ಅಂಕ ಪಟ್ಟಿ  Marks sheet"
page = "A5"
registration = "corners"

[[field]]
name = "roll_number"
label = "ನೋಂದಣಿ ಸಂಖ್ಯೆ  Roll number"
label_side = "left"
rect = [80, 26, 48, 9]
digits = 6

[[text]]
at = [70, 48]
text = "Theory 80"
size = 2.8
align = "center"

[[text]]
at = [95, 48]
text = "Internal 20"
size = 2.8
align = "center"

[[text]]
at = [123, 48]
text = "Total 100"
size = 2.8
align = "center"

[[field]]
name = "kannada_theory"
label = "ಕನ್ನಡ  Kannada"
label_side = "left"
rect = [62, 52, 16, 9]
digits = [1, 2]
range = [0, 80]

[[field]]
name = "kannada_internal"
rect = [87, 52, 16, 9]
digits = [1, 2]
range = [0, 20]

[[field]]
name = "kannada"
rect = [111, 52, 24, 9]
digits = [1, 3]
range = [0, 100]

[[rule]]
name = "kannada_total"
holds = "kannada = kannada_theory + kannada_internal"

[[field]]
name = "english_theory"
label = "ಇಂಗ್ಲಿಷ್  English"
label_side = "left"
rect = [62, 71, 16, 9]
digits = [1, 2]
range = [0, 80]

[[field]]
name = "english_internal"
rect = [87, 71, 16, 9]
digits = [1, 2]
range = [0, 20]

[[field]]
name = "english"
rect = [111, 71, 24, 9]
digits = [1, 3]
range = [0, 100]

[[rule]]
name = "english_total"
holds = "english = english_theory + english_internal"

[[field]]
name = "mathematics_theory"
label = "ಗಣಿತ  Mathematics"
label_side = "left"
rect = [62, 90, 16, 9]
digits = [1, 2]
range = [0, 80]

[[field]]
name = "mathematics_internal"
rect = [87, 90, 16, 9]
digits = [1, 2]
range = [0, 20]

[[field]]
name = "mathematics"
rect = [111, 90, 24, 9]
digits = [1, 3]
range = [0, 100]

[[rule]]
name = "mathematics_total"
holds = "mathematics = mathematics_theory + mathematics_internal"

[[field]]
name = "science_theory"
label = "ವಿಜ್ಞಾನ  Science"
label_side = "left"
rect = [62, 109, 16, 9]
digits = [1, 2]
range = [0, 80]

[[field]]
name = "science_internal"
rect = [87, 109, 16, 9]
digits = [1, 2]
range = [0, 20]

[[field]]
name = "science"
rect = [111, 109, 24, 9]
digits = [1, 3]
range = [0, 100]

[[rule]]
name = "science_total"
holds = "science = science_theory + science_internal"

[[field]]
name = "social_theory"
label = "ಸಮಾಜ ವಿಜ್ಞಾನ  Social science"
label_side = "left"
rect = [62, 128, 16, 9]
digits = [1, 2]
range = [0, 80]

[[field]]
name = "social_internal"
rect = [87, 128, 16, 9]
digits = [1, 2]
range = [0, 20]

[[field]]
name = "social"
rect = [111, 128, 24, 9]
digits = [1, 3]
range = [0, 100]

[[rule]]
name = "social_total"
holds = "social = social_theory + social_internal"

[[line]]
from = [12, 148]
to = [136, 148]

[[field]]
name = "total"
label = "ಒಟ್ಟು  Grand total"
label_side = "left"
rect = [111, 154, 24, 9]
digits = [1, 3]
range = [0, 500]

[[rule]]
name = "grand_total"
holds = "total = kannada + english + mathematics + science + social"

[[text]]
at = [74, 178]
text = "ಅಂಕಿಗಳನ್ನು ಕನ್ನಡದಲ್ಲಿ ಬರೆಯಿರಿ: ೦ ೧ ೨ ೩ ೪ ೫ ೬ ೭ ೮ ೯"
size = 3
align = "center"
`,ie=`# A bank paying-in slip: notes by denomination. Each amount follows from its number of notes, the total from all.
name = "paying-in-slip"
title = "ಹಣ ಜಮಾ ಚೀಟಿ  Paying-in slip"
page = [200, 120]
registration = "frame"

[[field]]
name = "account"
label = "ಖಾತೆ ಸಂಖ್ಯೆ  Account number"
rect = [16, 27, 77, 9]
digits = 11
checksum = "luhn"

[[field]]
name = "day"
label = "ದಿನಾಂಕ  Date"
rect = [112, 27, 14, 9]
digits = 2
range = [1, 31]

[[field]]
name = "month"
rect = [131, 27, 14, 9]
digits = 2
range = [1, 12]

[[field]]
name = "year"
rect = [150, 27, 28, 9]
digits = 4
range = [2020, 2099]

[[text]]
at = [60, 44]
text = "ನೋಟುಗಳು  Notes"
size = 2.8

[[text]]
at = [120, 44]
text = "ಮೊತ್ತ  Amount (₹)"
size = 2.8

[[field]]
name = "notes_500"
label = "₹ 500 ×"
label_side = "left"
rect = [60, 47, 21, 8.5]
digits = [1, 3]
required = false

[[field]]
name = "amount_500"
rect = [120, 47, 42, 8.5]
digits = [1, 6]
required = false

[[rule]]
name = "of_500"
holds = "amount_500 = 500 * notes_500"

[[field]]
name = "notes_200"
label = "₹ 200 ×"
label_side = "left"
rect = [60, 58, 21, 8.5]
digits = [1, 3]
required = false

[[field]]
name = "amount_200"
rect = [120, 58, 42, 8.5]
digits = [1, 6]
required = false

[[rule]]
name = "of_200"
holds = "amount_200 = 200 * notes_200"

[[field]]
name = "notes_100"
label = "₹ 100 ×"
label_side = "left"
rect = [60, 69, 21, 8.5]
digits = [1, 3]
required = false

[[field]]
name = "amount_100"
rect = [120, 69, 42, 8.5]
digits = [1, 6]
required = false

[[rule]]
name = "of_100"
holds = "amount_100 = 100 * notes_100"

[[field]]
name = "notes_50"
label = "₹ 50 ×"
label_side = "left"
rect = [60, 80, 21, 8.5]
digits = [1, 3]
required = false

[[field]]
name = "amount_50"
rect = [120, 80, 42, 8.5]
digits = [1, 6]
required = false

[[rule]]
name = "of_50"
holds = "amount_50 = 50 * notes_50"

[[field]]
name = "total"
label = "ಒಟ್ಟು  Total"
label_side = "left"
rect = [113, 96, 49, 9]
digits = [1, 7]

[[rule]]
name = "sum"
holds = "total = amount_500 + amount_200 + amount_100 + amount_50"
`,ae=`# An envelope: the PIN codes of addressee and sender. Nothing is printed to find it by, so it is scanned whole, upright.
name = "pin-envelope"
page = "DL landscape"
registration = "none"

[[text]]
at = [96, 46]
text = "ಇವರಿಗೆ  To"

[[line]]
from = [110, 46]
to = [205, 46]

[[line]]
from = [96, 56]
to = [205, 56]

[[line]]
from = [96, 66]
to = [205, 66]

[[field]]
name = "pin"
label = "ಪಿನ್ ಕೋಡ್  PIN code"
rect = [142, 82, 54, 11]
digits = 6
range = [110000, 855999]

[[field]]
name = "sender_pin"
label = "ಕಳುಹಿಸಿದವರ ಪಿನ್  Sender's PIN"
rect = [14, 84, 42, 9]
digits = 6
range = [110000, 855999]
required = false
`,T=`# An income tax form: numbers with check digits, sums, a difference, and a telephone number without boxes.
name = "tax-form"
title = "ಆದಾಯ ತೆರಿಗೆ  Income tax"
page = "A4"
registration = "corners"

[[field]]
name = "aadhaar"
label = "ಆಧಾರ್ ಸಂಖ್ಯೆ  Aadhaar number"
rect = [25, 35, 96, 10]
digits = 12
checksum = "verhoeff"

[[field]]
name = "year"
label = "ಮೌಲ್ಯಮಾಪನ ವರ್ಷ  Assessment year"
rect = [140, 35, 32, 10]
digits = 4
range = [2000, 2099]

[[field]]
name = "telephone"
label = "ದೂರವಾಣಿ  Telephone (without boxes)"
rect = [25, 57, 96, 11]
kind = "area"
digits = 10
required = false

[[field]]
name = "salary"
label = "ವೇತನ  Income from salary"
label_side = "left"
rect = [120, 84, 63, 10]
digits = [1, 8]

[[field]]
name = "house"
label = "ಮನೆ ಬಾಡಿಗೆ  Income from house property"
label_side = "left"
rect = [120, 101, 63, 10]
digits = [1, 8]
required = false

[[field]]
name = "other"
label = "ಇತರೆ  Other income"
label_side = "left"
rect = [120, 118, 63, 10]
digits = [1, 8]
required = false

[[field]]
name = "gross"
label = "ಒಟ್ಟು ಆದಾಯ  Gross income"
label_side = "left"
rect = [120, 135, 63, 10]
digits = [1, 8]

[[field]]
name = "deductions"
label = "ಕಡಿತ  Deductions"
label_side = "left"
rect = [120, 152, 63, 10]
digits = [1, 8]
required = false

[[field]]
name = "taxable"
label = "ತೆರಿಗೆಗೆ ಒಳಪಡುವ ಆದಾಯ  Taxable income"
label_side = "left"
rect = [120, 169, 63, 10]
digits = [1, 8]

[[field]]
name = "tax"
label = "ತೆರಿಗೆ  Tax"
label_side = "left"
rect = [120, 186, 63, 10]
digits = [1, 8]

[[field]]
name = "paid"
label = "ಪಾವತಿಸಿದ ತೆರಿಗೆ  Tax paid"
label_side = "left"
rect = [120, 203, 63, 10]
digits = [1, 8]
required = false

[[field]]
name = "due"
label = "ಬಾಕಿ  Tax due"
label_side = "left"
rect = [120, 220, 63, 10]
digits = [1, 8]

[[rule]]
name = "gross_income"
holds = "gross = salary + house + other"

[[rule]]
name = "taxable_income"
holds = "taxable = gross - deductions"

[[rule]]
name = "tax_due"
holds = "due = tax - paid"

[[rule]]
name = "tax_below_income"
holds = "tax <= taxable"

[[text]]
at = [105, 250]
text = "Amounts in whole rupees, in Kannada digits: ೦ ೧ ೨ ೩ ೪ ೫ ೬ ೭ ೮ ೯"
size = 3
align = "center"
`,oe=class{correct;#e;#t;#n=0;#r=[];#i=new Set;#a=[];constructor(e){this.correct=e}forget(){this.#i.clear()}show(n,r,i){[this.#e,this.#t,this.#n]=[n,r,i];for(let e of this.#a)URL.revokeObjectURL(e);this.#a=[];let a=t(`tr`,{},...[`formField`,`formValue`,`formState`,`formReadings`].map(e=>t(`th`,{scope:`col`},h(e))));this.#r=r.fields.map((e,t)=>this.#c(e,t)),e(`form-table`).replaceChildren(t(`caption`,{class:`hidden`},n.title??n.name),t(`thead`,{},a),t(`tbody`,{},...this.#r.map(({row:e})=>e)));for(let e of r.fields.keys())this.#p(e);this.#o()}#o(){let t=this.#t?.fields??[],n=t.filter(({status:e})=>e===`review`).length;e(`form-summary`).textContent=h(`formSummary`,{fields:t.length,doubtful:n}),e(`form-next`).hidden=n===0}next(){let e=this.#r.findIndex(({row:e})=>e.contains(document.activeElement)),t=e=>this.#t?.fields[e]?.status===`review`,n=this.#r.map((t,n)=>(e+1+n)%this.#r.length),i=this.#r[n.find(t)??-1];i?(i.input.focus(),i.input.select()):r(h(`formDone`))}#s(e){let{label:t,name:n}=this.#e?.fields[e]??{label:null,name:``};return t??n}#c(e,n){let r=t(`span`,{id:`form-note-${n}`,class:`hint`}),i=t(`input`,{type:`text`,inputmode:`numeric`,autocomplete:`off`,spellcheck:`false`,size:String(Math.max(this.#e?.fields[n]?.most??4,4)),"aria-label":this.#s(n),"aria-describedby":`form-status-${n} form-note-${n}`,"data-field":e.name}),a=t(`span`,{id:`form-status-${n}`,class:`status`});i.addEventListener(`input`,()=>{let e=E(i.value);e!==i.value&&(i.value=e),this.#m(n)}),i.addEventListener(`keydown`,e=>this.#u(e,n)),i.addEventListener(`change`,()=>void this.#f(n,!1));let o=t(`td`,{},...this.#l(e,n));return{row:t(`tr`,{},t(`th`,{scope:`row`},this.#s(n)),t(`td`,{},i),t(`td`,{},a,r),o),input:i,status:a,note:r}}#l({picture:e,readings:n,reason:r},i){if(!e)return[];let a=URL.createObjectURL(new Blob([e],{type:`image/png`}));this.#a.push(a);let o=t(`img`,{src:a,alt:h(`formPicture`,{field:this.#s(i)})}),s=n.map(({value:e,probability:n})=>{let r=t(`button`,{type:`button`,"aria-label":h(`formTake`,{field:this.#s(i),value:e,percent:v(n)})},`${e} `);return r.append(t(`small`,{},v(n))),r.addEventListener(`click`,()=>{let t=this.#r[i];t&&(t.input.value=e),this.#f(i,!0)}),r}),c=r===null?[]:[t(`p`,{class:`hint`,lang:`en`},r)];return[o,t(`div`,{class:`doubtful`},...s),...c]}#u(e,t){if(!(e.ctrlKey||e.altKey||e.metaKey||e.isComposing)){if(e.key===`Enter`)this.#f(t,!0);else if(e.key===`ArrowDown`)this.#d(t,1);else if(e.key===`ArrowUp`)this.#d(t,-1);else return;e.preventDefault()}}#d(e,t){let n=this.#r[e]?.input,i=this.#t?.fields[e]?.readings??[];if(!n||i.length===0)return;let a=i.findIndex(({value:e})=>e===n.value),o=i[a<0?0:(a+t+i.length)%i.length];o&&(n.value=o.value,this.#m(e),r(`${o.value}, ${v(o.probability)}`))}async#f(e,t){let[n,i,a]=[this.#r[e],this.#t,this.#t?.fields[e]];if(!n||!i||!a)return;let o=n.input.value;if(o!==E(o)){this.#h(e,h(`formNoDigits`));return}if(o===(a.value??``)&&a.status!==`review`){t&&this.next();return}let s=await this.correct(a.name,o===``?null:o);if(!s||this.#t!==i)return;this.#t=s,this.#i.add(`${this.#n}/${e}`),this.#p(e),this.#o();let c=s.fields.filter(({status:e})=>e===`review`).length;r(h(`formAccepted`,{field:this.#s(e),value:o===``?h(`empty`):o,left:c})),t&&c>0&&this.next()}#p(e){let[t,n]=[this.#r[e],this.#t?.fields[e]];if(!t||!n)return;let r=this.#i.has(`${this.#n}/${e}`);t.row.className=r?`corrected`:n.status,t.input.value=n.value??``;let i={ok:`statusOk`,review:`statusReview`,blank:`statusBlank`},a=n.value===null||r?``:` ${v(n.probability)}`;t.status.textContent=h(r?`corrected`:i[n.status])+a,this.#m(e)}#m(e){let[t,n]=[this.#r[e],this.#e?.fields[e]];if(!t||!n)return;let{length:r}=t.input.value,i=r===0||r>=n.least&&r<=n.most,a=n.least===n.most?String(n.most):`${n.least}–${n.most}`;this.#h(e,i?``:h(`formLength`,{length:r,wanted:a}))}#h(e,t){let n=this.#r[e];n&&(n.note.textContent=t===``?``:` ${t}`,n.input.setAttribute(`aria-invalid`,String(t!==``)),t!==``&&document.activeElement===n.input&&r(t))}};function E(e){return e.replace(/[\u0ce6-\u0cef]/g,e=>String(e.charCodeAt(0)-3302)).replace(/[^0-9]/g,``)}function D(e){let t=e.trim();return t.startsWith(`[`)?JSON.parse(t):t.split(`
`).filter(e=>e!==``).map(e=>JSON.parse(e))}function O(e){return new URL(e,document.baseURI)}async function k(e){let t=await e.text().catch(()=>``);try{return JSON.parse(t).detail??t}catch{return t||`${e.status} ${e.statusText}`}}var A=class{kind=`server`;static async found(){try{let e=await fetch(O(`v1/model`),{headers:{accept:`application/json`}});return!e.ok||!(e.headers.get(`content-type`)??``).includes(`json`)?!1:(await e.json(),!0)}catch{return!1}}async read(e,t,n){let r=O(`v1/read`);r.searchParams.set(`format`,`json`),r.searchParams.set(`source`,t);for(let[e,t]of M(n))r.searchParams.set(e,t);return D(await N(r,new Blob([e]),`application/octet-stream`))}async readStrokes(e,t,n){let r=O(`v1/strokes`);r.searchParams.set(`source`,n);let[i]=D(await N(r,JSON.stringify({strokes:e,joined:t}),`application/json`));if(!i)throw Error(`the server gave no page`);return i}static async forms(){try{let e=await fetch(O(`v1/forms`));return e.ok?(await e.json()).forms:[]}catch{return[]}}static async template(e){let t=await fetch(j(e));if(!t.ok)throw Error(await k(t));return{text:await t.text(),name:`${e}.toml`,onServer:e}}async readForm(e,t,n,r){if(!(`onServer`in e))throw Error(`the server does not know the form ${e.name}`);let i=j(e.onServer);i.searchParams.set(`pictures`,`true`),i.searchParams.set(`source`,n),r.reviewBelow!==void 0&&i.searchParams.set(`review_below`,String(r.reviewBelow));let a=D(await N(i,new Blob([t]),`application/octet-stream`));for(let e of a.flatMap(({fields:e})=>e)){let t=e.picture;e.picture=t===void 0?void 0:Uint8Array.from(atob(t),e=>e.charCodeAt(0))}return a}};function j(e){return O(`v1/forms/${encodeURIComponent(e)}`)}function M(e){return[[`ink`,e.ink],[`review_below`,e.reviewBelow],[`max_error`,e.maxError]].filter(([,e])=>e!==void 0).map(([e,t])=>[e,String(t)])}async function N(e,t,n){let r=await fetch(e,{method:`POST`,body:t,headers:{"content-type":n}});if(!r.ok)throw Error(await k(r));return r.text()}var P=[[`marks-sheet`,`ಅಂಕ ಪಟ್ಟಿ – Marks sheet`,re],[`paying-in-slip`,`ಹಣ ಜಮಾ ಚೀಟಿ – Paying-in slip`,ie],[`pin-envelope`,`ಅಂಚೆ ಸೂಚಿ – Postal code`,ae],[`tax-form`,`ಆದಾಯ ತೆರಿಗೆ – Income tax`,T]],se=class{backend;tools;#e;#t;#n;#r;#i=[];#a=0;#o=new Map;#s=0;constructor(e,t){this.backend=e,this.tools=t,this.#e=new oe((e,t)=>this.#v(e,t)),i(`form-template`,`change`,e=>void this.#u(e.target.value)),this.#c(`form-template-file`,e=>this.#d(e)),this.#c(`form-file`,e=>this.#f(e)),i(`form-review`,`change`,()=>this.again()),i(`form-page`,`change`,e=>this.#_(Number(e.target.value))),i(`form-next`,`click`,()=>this.#e.next());for(let e of[`csv`,`json`])i(`form-${e}`,`click`,()=>void this.#y(e));this.#l()}#c(e,t){i(e,`change`,e=>{let n=e.target,r=n.files?.[0];r&&t(r),n.value=``})}#l(){let t=e(`form-panel`);for(let e of[`dragover`,`drop`])t.addEventListener(e,t=>{t.preventDefault(),t.stopPropagation();let n=e===`drop`?t.dataTransfer?.files[0]:void 0;n&&(/\.toml$/i.test(n.name)?this.#d(n):this.#f(n))})}offer(e){for(let{name:t,title:n}of e)this.#o.set(`server/${t}`,{title:n??t,template:()=>A.template(t)});this.relabel()}again(){this.#r&&this.#t&&this.#g()}relabel(){let n=e(`form-template`),r=n.value,i=(e,n)=>t(`option`,{value:e},n),a=(e,n)=>{let r=[...this.#o].filter(([e])=>e.startsWith(n));return t(`optgroup`,{label:e},...r.map(([e,{title:t}])=>i(e,t)))},o=t(`optgroup`,{label:h(`formExamples`)});o.append(...P.map(([e,t])=>i(`example/${e}`,t)));let s=[a(h(`formServer`),`server/`),a(h(`formOpened`),`file/`),o];n.replaceChildren(i(``,h(`formNone`)),...s.filter(e=>e.childElementCount>0)),n.value=r,this.#i.length>0&&this.#_(this.#a)}async#u(e){let t=P.find(([t])=>e===`example/${t}`),n=t?async()=>({text:t[2],name:`${t[0]}.toml`}):this.#o.get(e)?.template;if(this.#t=this.#n=void 0,this.#p(),!n)return;let i=++this.#s;try{let e=await n(),t=await this.tools.describeForm(e);if(i!==this.#s)return;if([this.#t,this.#n]=[e,t],this.#r)return await this.#g();let a=h(`formReady`,{form:t.title??t.name,fields:t.fields.length});this.#m(a),r(a)}catch(e){i===this.#s&&this.#h(e)}}async#d(t){let n=`file/${t.name}`,r=await t.text();this.#o.set(n,{title:t.name,template:async()=>({text:r,name:t.name})}),this.relabel(),e(`form-template`).value=n,await this.#u(n)}async#f(e){if(this.#r={bytes:new Uint8Array(await e.arrayBuffer()),name:e.name||`picture`},this.#t)return this.#g();this.#p(),this.#h(h(`formFirst`))}#p(){this.#i=[],this.#m(``),e(`form-error`).hidden=!0,e(`form-result`).hidden=!0}#m(t){e(`form-state`).hidden=t===``,e(`form-state`).textContent=t}#h(t){this.#m(``),e(`form-error`).textContent=typeof t==`string`?t:h(`failed`,{reason:o(t)}),e(`form-error`).hidden=!1}async#g(){let[n,i]=[this.#r,this.#t];if(!n||!i)return;let a=++this.#s;this.#p(),this.#m(h(`reading`)),r(h(`reading`));let o=`onServer`in i?this.backend():this.tools,s={reviewBelow:Number(e(`form-review`).value)};try{let c=performance.now(),l=await o.readForm(i,n.bytes,n.name,s),u=performance.now()-c;if(a!==this.#s)return;this.#i=l,this.#e.forget(),e(`form-page`).replaceChildren(...l.map(({page:e},n)=>t(`option`,{value:String(n)},h(`pageOf`,{page:e,pages:l.length})))),e(`form-page-choice`).hidden=l.length<2,this.#_(0);let d=o.kind===this.backend().kind?``:` ${h(`formHere`)}`;this.#m(`${n.name}: ${h(`milliseconds`,{value:u.toFixed(0)})}.${d}`),r(e(`form-error`).hidden?e(`form-summary`).textContent??``:``)}catch(e){a===this.#s&&this.#h(e)}}#_(t){let[n,r]=[this.#i[t],this.#n];n&&r&&(this.#a=t,e(`form-error`).hidden=n.error===null,e(`form-error`).textContent=n.error===null?``:h(`failed`,{reason:n.error}),e(`form-result`).hidden=n.error!==null&&this.#i.length<2,this.#e.show(r,n,t))}async#v(e,t){let n=this.#a;try{return this.#i=await this.tools.correctForm(this.#i,[{page:n,field:e,value:t}]),this.#i[n]}catch(e){r(h(`failed`,{reason:o(e)}));return}}async#y(e){let[t,n]=[this.#t,this.#i];if(!t||n.length===0)return;let r=await this.tools.exportForm(t,n,e),i=(n[0]?.source??`form`).replace(/\.[^.]*$/,``);e===`csv`?a(r,`${i}.csv`,`text/csv`):a(r,`${i}.jsonl`,`application/json`)}};function ce([e,t,n,r],i,a,o){switch(i){case 2:return[a-e-n,t,n,r];case 3:return[a-e-n,o-t-r,n,r];case 4:return[e,o-t-r,n,r];case 5:return[t,e,r,n];case 6:return[a-t-r,e,r,n];case 7:return[a-t-r,o-e-n,r,n];case 8:return[t,o-e-n,r,n];default:return[e,t,n,r]}}var le=200,ue=class{events;#e;#t;#n;#r=[];#i=-1;#a=new Set;constructor(t){this.events=t;let n=e(`overlay`);n.addEventListener(`keydown`,e=>this.#m(e)),n.addEventListener(`click`,e=>{let t=this.#r.findIndex(({box:t})=>t===e.target);t>=0&&this.#d(t,!0)})}open(e,t){this.#n&&URL.revokeObjectURL(this.#n),this.#n=URL.createObjectURL(new Blob([t.png],{type:`image/png`})),this.#e=e,this.#t=t,this.#i=-1,this.#a.clear(),this.show()}update(t){let n=document.activeElement?.closest(`#overlay, #chosen-body`)?.id;this.#e=t,this.show(),n===`overlay`?this.#f():n&&e(`chosen-body`).querySelector(`button`)?.focus()}show(){let[t,r,i]=[this.#e,this.#t,this.#n];if(!t||!r||!i)return;let{width:a,height:o}=r,s=e(`overlay`);s.setAttribute(`viewBox`,`0 0 ${a} ${o}`),s.replaceChildren(n(`image`,{href:i,width:a,height:o,"aria-hidden":`true`})),this.#r=[];for(let[e,{digits:i}]of t.fields.entries())for(let[t,c]of i.entries()){let i=ce(c.box,r.orientation,a,o),[l,u,d,f]=i,p=n(`rect`,{x:l,y:u,width:d,height:f,role:`button`,tabindex:-1}),m=this.#a.has(`${e}/${t}`);p.setAttribute(`class`,m?`corrected`:c.status),p.setAttribute(`aria-label`,this.#o(e,c,m)),this.#r.push({place:{field:e,digit:t},box:p,bounds:i}),s.append(p)}(this.#r[Math.max(this.#i,0)]?.box)?.setAttribute(`tabindex`,`0`),this.#i>=0&&this.#r[this.#i]?.box.setAttribute(`aria-pressed`,`true`),this.#s(t),this.#c(t),this.#l()}#o(e,t,n){let r=this.#e,i=n?h(`corrected`):b(t),a=t.digit===null?``:` ${v(t.probability)},`;return`${x(r,e,t)}: ${y(t.digit)},${a} ${i}`}#s(n){let r=n.fields.length>0?h(`summary`,w(n)):h(`noDigits`);e(`page-summary`).textContent=r,e(`reading-text`).replaceChildren(t(`pre`,{lang:`kn`,tabindex:`0`},C(n,`text`)))}#c(n){let r=e(`doubtful`);r.replaceChildren();for(let[i,{place:a}]of this.#r.entries()){let o=n.fields[a.field]?.digits[a.digit];if(o?.status!==`review`||r.childElementCount>=le)continue;let s=`${y(o.digit)} ${v(o.probability)}`,c=t(`button`,{type:`button`,"aria-label":this.#o(a.field,o,!1)},s);c.addEventListener(`click`,()=>{this.#d(i,!1),e(`chosen-body`).querySelector(`button`)?.focus()}),r.append(c)}r.childElementCount===0&&r.append(t(`p`,{class:`hint`},h(`doubtfulNone`)))}#l(){let n=e(`chosen-body`),r=this.#r[this.#i],i=this.#e,a=r&&i.fields[r.place.field]?.digits[r.place.digit];if(!r||!a){n.replaceChildren(t(`p`,{class:`hint`},h(`chosenNone`)));return}let o=t(`div`,{class:`keys`});for(let e of[0,1,2,3,4,5,6,7,8,9,null]){let n=e===null?h(`correctEmpty`):y(e),r=t(`button`,{type:`button`,"aria-label":h(`correctTo`,{digit:n})},n);e===null&&(r.className=`empty`),r.addEventListener(`click`,()=>this.#p(e)),o.append(r)}let s=t(`p`,{},x(i,r.place.field,a)),c=t(`ul`,{class:`digits`},S(a));n.replaceChildren(s,this.#u(r.bounds),c,o)}#u([e,t,r,i]){let a=this.#t,o=Math.max(r,i)*.15,s=n(`svg`,{viewBox:[e-o,t-o,r+2*o,i+2*o].join(` `),class:`crop`,"aria-hidden":`true`});return s.append(n(`image`,{href:this.#n??``,width:a.width,height:a.height})),s}#d(e,t){this.#r[Math.max(this.#i,0)]?.box.setAttribute(`tabindex`,`-1`),this.#r[this.#i]?.box.removeAttribute(`aria-pressed`),this.#i=e,this.#r[e]?.box.setAttribute(`tabindex`,`0`),this.#r[e]?.box.setAttribute(`aria-pressed`,`true`),this.#l(),t&&this.#f()}#f(){(this.#r[Math.max(this.#i,0)]?.box)?.focus()}#p(e){let t=this.#r[this.#i],n=this.#e,i=t&&n?.fields[t.place.field]?.digits[t.place.digit];t&&n&&i&&(this.#a.add(`${t.place.field}/${t.place.digit}`),r(h(`correctedTo`,{place:x(n,t.place.field,i),digit:e===null?h(`correctEmpty`):y(e)})),this.events.corrected(t.place,e))}#m(t){if(t.ctrlKey||t.altKey||t.metaKey)return;let n=Math.max(this.#r.findIndex(({box:e})=>e===document.activeElement),0),r=this.#h(n,t.key);if(r!==void 0)this.#d(r,!0);else if(/^[0-9]$/.test(t.key))this.#d(n,!0),this.#p(Number(t.key));else if(t.key===`Delete`||t.key===`Backspace`)this.#d(n,!0),this.#p(null);else if(t.key===`Enter`||t.key===` `)this.#d(n,!1),e(`chosen-body`).querySelector(`button`)?.focus();else return;t.preventDefault()}#h(e,t){if(t===`Home`)return 0;if(t===`End`)return this.#r.length-1;let n={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,-1],ArrowDown:[0,1]}[t],r=this.#r[e];if(!n||!r)return;let i=([e,t,n,r])=>[e+n/2,t+r/2],[a,o]=i(r.bounds),s=e,c=1/0;for(let[e,{bounds:t}]of this.#r.entries()){let[r,l]=i(t),u=(r-a)*n[0]+(l-o)*n[1],d=Math.abs((r-a)*n[1])+Math.abs((l-o)*n[0]),f=u+3*d;u>1&&d<2*u&&f<c&&([s,c]=[e,f])}return s}},de=2400,fe=class{backend;tools;events;sheet;#e;#t=[];#n=0;#r=0;constructor(e,t,n){this.backend=e,this.tools=t,this.events=n,this.sheet=new ue({corrected:({field:e,digit:t},n)=>void this.#u(e,t,n)});for(let e of[`file`,`camera`])i(e,`change`,e=>{let t=e.target;this.#a(t.files?.[0]),t.value=``});i(`ink`,`change`,()=>this.again()),i(`page`,`change`,e=>void this.#l(Number(e.target.value))),i(`stages`,`toggle`,()=>void this.#d()),this.#i(),document.addEventListener(`paste`,e=>void this.#a(e.clipboardData?.files[0]))}#i(){let t=e(`drop`);for(let e of[`dragover`,`dragleave`,`drop`])document.addEventListener(e,n=>{n.preventDefault(),t.classList.toggle(`over`,e===`dragover`),e===`drop`&&this.#a(n.dataTransfer?.files[0])})}again(){this.#e&&this.#s()}relabel(){this.sheet.show(),this.#d()}async#a(e){e&&(this.#e={bytes:new Uint8Array(await e.arrayBuffer()),name:e.name||`picture`},await this.#s())}#o(t){e(`picture-state`).hidden=t===``,e(`picture-state`).textContent=t}async#s(){let n=this.#e;if(!n)return;let i=++this.#r;e(`picture-error`).hidden=!0,e(`picture-result`).hidden=!0,this.#o(h(`reading`)),r(h(`reading`));try{let a={ink:e(`ink`).value},o=performance.now(),s=await this.backend().read(n.bytes,n.name,a),c=performance.now()-o;if(i!==this.#r)return;this.#t=s,e(`page`).replaceChildren(...s.map((e,n)=>t(`option`,{value:String(n)},h(`pageOf`,{page:e.page,pages:s.length})))),e(`page-choice`).hidden=s.length<2,await this.#l(0),this.#o(`${n.name}: ${h(`milliseconds`,{value:c.toFixed(0)})}`);let l=s[0];l&&r(l.fields.length>0?h(`summary`,w(l)):h(`noDigits`)),this.events.read(s)}catch(e){i===this.#r&&this.#c(e)}}#c(t){this.#o(``);let n=o(t);e(`picture-error`).textContent=h(`failed`,{reason:n}),e(`picture-error`).hidden=!1,this.#t=[],this.events.read(void 0)}async#l(t){let n=this.#t[t],r=this.#e;if(!n||!r)return;this.#n=t;let i=this.#r;if(n.errors.length>0){e(`picture-error`).textContent=h(`failed`,{reason:n.errors.join(`; `)}),e(`picture-error`).hidden=!1;return}let a=await this.tools.preview(r.bytes,r.name,n.page,de).catch(()=>({png:r.bytes,width:n.width,height:n.height,orientation:1}));i===this.#r&&(e(`picture-result`).hidden=!1,this.sheet.open(n,a),await this.#d())}async#u(e,t,n){let i=this.#n;try{this.#t=await this.tools.correct(this.#t,[{page:i,field:e,digit:t,value:n}])}catch(e){r(h(`failed`,{reason:o(e)}));return}let a=this.#t[i];a&&this.sheet.update(a),this.events.corrected(this.#t)}async#d(){let t=e(`stages`),n=e(`stages-body`),[r,i]=[this.#e,this.#t[this.#n]];if(n.replaceChildren(),!t.open||!r||!i)return;let a=this.#r;n.textContent=h(`reading`);try{let e=await this.tools.stages(r.bytes,r.name,i.page);if(a!==this.#r)return;n.replaceChildren(...e.map(pe))}catch(e){n.textContent=h(`failed`,{reason:o(e)})}}};function pe({name:e,note:n,png:r}){let i=ee(e),a=t(`figcaption`,{},t(`strong`,{},i),t(`span`,{lang:`en`},` ${n}`));if(!r)return t(`figure`,{},a);let o=t(`img`,{alt:i,src:URL.createObjectURL(new Blob([r],{type:`image/png`}))});return o.addEventListener(`load`,()=>URL.revokeObjectURL(o.src),{once:!0}),t(`figure`,{},a,o)}function F(){let e=window.speechSynthesis?.getVoices().filter(e=>e.localService)??[],t=t=>e.find(e=>e.lang.toLowerCase().startsWith(t));return(m()===`kn`?t(`kn`):void 0)??t(`en-in`)??t(`en`)??e[0]}function me(){return F()!==void 0}function he(e){let t=F();if(!t)return!1;let n=t.lang.toLowerCase().startsWith(`kn`),r=[...e].filter(e=>/[0-9\n]/.test(e)).map(e=>e===`
`?`.`:n?_(Number(e)):e).join(`, `),i=new SpeechSynthesisUtterance(r);return i.voice=t,i.lang=t.lang,window.speechSynthesis.cancel(),window.speechSynthesis.speak(i),!0}var I=new class{kind=`wasm`;#e;#t=new Map;#n=0;#r(){if(this.#e)return this.#e;let e=new Worker(new URL(new URL(`worker.js`,import.meta.url).href,``+import.meta.url),{type:`module`,name:`lekka`});return e.addEventListener(`message`,({data:e})=>{let t=this.#t.get(e.id);this.#t.delete(e.id),`error`in e?(t?.reject(Error(e.error)),e.fatal&&this.#i(`the recogniser ran out of memory and was started again`)):t?.resolve(e.result)}),e.addEventListener(`error`,e=>this.#i(e.message||`the recogniser did not start`)),this.#e=e,e}#i(e){this.#e?.terminate(),this.#e=void 0;for(let t of this.#t.values())t.reject(Error(e));this.#t.clear()}#a(e,...t){let n=this.#r(),r={id:this.#n++,method:e,arguments:t};return new Promise((e,t)=>{this.#t.set(r.id,{resolve:e,reject:t}),n.postMessage(r)})}read(e,t,n){return this.#a(`read`,e,t,n)}readStrokes(e,t,n){return this.#a(`readStrokes`,e,t,n)}preview(e,t,n,r){return this.#a(`preview`,e,t,n,r)}stages(e,t,n){return this.#a(`stages`,e,t,n)}correct(e,t){return this.#a(`correct`,e,t)}export(e,t){return this.#a(`export`,e,t)}describeForm(e){return this.#a(`describeForm`,e)}readForm(e,t,n,r){return this.#a(`readForm`,e,t,n,r)}correctForm(e,t){return this.#a(`correctForm`,e,t)}exportForm(e,t,n){return this.#a(`exportForm`,e,t,n)}model(){return this.#a(`model`)}},L=new A,R=I,z,B;function V(t){z=t?.some(e=>e.fields.length>0)?t:void 0,e(`export`).hidden=z===void 0,q(``)}function H(e){e&&!he(e.map(e=>C(e,`ascii`)).join(`
`))&&q(h(`noVoice`))}function U(t){e(`speak-always`).checked&&H(t)}var W=new ne(()=>R,{read:e=>V(e&&[e]),rested:e=>U([e])}),G=new fe(()=>R,I,{read:e=>{V(e),e&&U(e)},corrected:V}),K=new se(()=>R,I);function q(t){e(`export-state`).hidden=t===``,e(`export-state`).textContent=t}async function J(){if(!z)return;let t=e(`format`).value,n=await I.export(z,t),[r,i]={text:[`txt`,`text/plain`],ascii:[`txt`,`text/plain`],csv:[`csv`,`text/csv`],json:[`jsonl`,`application/json`]}[t];return{text:n,name:`${(z[0]?.source??`reading`).replace(/\.[^.]*$/,``)}.${r}`,type:i}}i(`copy`,`click`,async()=>{let e=await J();if(!e)return;let t=await navigator.clipboard.writeText(e.text).then(()=>h(`copied`),()=>h(`copyFailed`));q(t),r(t)}),i(`download`,`click`,async()=>{let e=await J();e&&a(e.text,e.name,e.type)}),i(`speak`,`click`,()=>H(z)),i(`speak-always`,`change`,()=>q(me()?``:h(`noVoice`)));function Y(e){l(`theme`,e),e===`auto`?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=e,W.pad.redraw()}i(`theme`,`change`,e=>Y(e.target.value)),matchMedia(`(prefers-color-scheme: dark)`).addEventListener(`change`,()=>W.pad.redraw());function X(){let t=e(`privacy`);t.dataset.text=R.kind===`wasm`?`privateWasm`:`privateServer`,t.textContent=h(R.kind===`wasm`?`privateWasm`:`privateServer`),e(`backend`).value=R.kind}i(`backend`,`change`,e=>{R=e.target.value===`server`?L:I,X(),W.again(),G.again(),K.again()}),i(`language`,`change`,e=>{p(e.target.value),X(),Z(),W.show(),G.relabel(),K.relabel()});async function ge(){try{let t=await I.model();e(`version`).textContent=`Lekka ${t.version}, ${t.metadata.name}, ${t.instructions}`,document.documentElement.dataset.ready=`true`}catch(e){B=o(e),Z()}}function Z(){e(`engine-error`).hidden=B===void 0,B!==void 0&&(e(`engine-error`).textContent=h(`noEngine`,{reason:B}))}var Q=f();e(`language`).value=Q,p(Q);var $=c(`theme`)??`auto`;e(`theme`).value=$,Y($),W.show(),X(),K.relabel(),Promise.all([ge(),A.found()]).then(async([,t])=>{t&&K.offer(await A.forms()),e(`backend-choice`).hidden=!t,t&&B!==void 0&&(R=L),X(),document.documentElement.dataset.server=String(t)});