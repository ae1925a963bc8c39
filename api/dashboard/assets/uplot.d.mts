// The file is the ESM build of the package, served beside the modules that use it.
export { default } from 'uplot';
