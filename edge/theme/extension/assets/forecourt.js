import{a as b}from"./part-7E6F6BSK.js";import{a}from"./part-MG57V2AK.js";export{a as ForecourtError,b as createForecourt};
