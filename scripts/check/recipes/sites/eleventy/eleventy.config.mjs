export default function (config) {
%config%
}
