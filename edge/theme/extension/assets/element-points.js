import{a,b}from"./part-OSF6WRIG.js";import"./part-ASOODMGV.js";export{a as default,b as signedIn};
