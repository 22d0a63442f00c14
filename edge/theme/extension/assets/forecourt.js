import{a as b}from"./part-EM5Z53MS.js";import{a}from"./part-MG57V2AK.js";export{a as ForecourtError,b as createForecourt};
