{{- define "multus-operator.labels" -}}
app.kubernetes.io/name: multus-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "multus-operator.selector" -}}
app.kubernetes.io/name: multus-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "multus-operator.image" -}}
{{- if not .Values.image.repository }}
{{- fail "image.repository is required: no image of multus-operator is published. Build one with `make image`, push it to your registry, and set image.repository=REGISTRY/multus-operator" }}
{{- end }}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The user name of the operator's account. */}}
{{- define "multus-operator.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:multus-operator
{{- end }}

{{/* CEL: the directories of a host that Multus and the operator's own pods may mount, with all below them. */}}
{{- define "multus-operator.cniRoots" -}}
['/etc/cni/net.d', '/etc/cni/multus', '/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni',
'/var/lib/rancher/k3s/agent/etc/cni/net.d', '/var/lib/rancher/k3s/data',
'/var/lib/rancher/rke2/agent/etc/cni/net.d', '/var/lib/rancher/rke2/data',
'/var/snap/microk8s/current/args/cni-network', '/var/snap/microk8s/current/opt/cni/bin',
'/etc/kubernetes/cni/net.d', '/var/lib/cni/bin', '/home/kubernetes/bin', '/run/multus', '/var/lib/cni/multus']
{{- end }}

{{/* CEL: the programs that the operator installs on nodes (src/crds/reference-plugins.ts). */}}
{{- define "multus-operator.referencePlugins" -}}
['bandwidth', 'bridge', 'dhcp', 'dummy', 'firewall', 'host-device', 'host-local', 'ipvlan', 'loopback', 'macvlan', 'portmap',
'ptp', 'sbr', 'static', 'tap', 'tuning', 'vlan', 'vrf']
{{- end }}

{{/* CEL: a list of texts. */}}
{{- define "multus-operator.celList" -}}
[{{ range $index, $text := . }}{{ if $index }}, {{ end }}'{{ $text }}'{{ end }}]
{{- end }}

{{/* CEL: whether the image `i` is of one of .Values.multusImages: a registry, or a path in one. */}}
{{- define "multus-operator.isAllowedImage" -}}
variables.allowed.exists(a, i.startsWith(a + '/') || a.contains('/') && (i.startsWith(a + ':') || i.startsWith(a + '@')))
{{- end }}

{{/* The binding that makes a policy of this chart reject what breaks it. */}}
{{- define "multus-operator.policyBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels: {{- include "multus-operator.labels" .root | nindent 4 }}
spec:
  policyName: {{ .name }}
  validationActions: [Deny]
{{- end }}
