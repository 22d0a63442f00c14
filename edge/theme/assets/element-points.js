import{a,b}from"./part-DM3H3PUQ.js";import"./part-ASOODMGV.js";export{a as default,b as signedIn};
