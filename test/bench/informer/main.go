// Command informer watches all pods of a cluster as controllers in Go do, for test/bench/scale.ts to measure next to the
// operator: client-go's shared informer with a store of PartialObjectMetadata ("metadata"), of pods reduced to what the
// operator keeps ("stripped"), or of whole pods ("typed"). It prints one line once the store is complete, and then stays.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	mode := flag.String("mode", "metadata", "metadata, stripped or typed")
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	flag.Parse()
	started := time.Now()
	informer, err := informerOf(*mode, *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan struct{})
	go informer.Run(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		os.Exit(1)
	}
	fmt.Printf("synced %d %d\n", time.Since(started).Milliseconds(), len(informer.GetStore().ListKeys()))
	<-stop
}

func informerOf(mode, kubeconfig string) (cache.SharedIndexInformer, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	if mode == "metadata" {
		client, err := metadata.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
		factory := metadatainformer.NewSharedInformerFactory(client, 0)
		return factory.ForResource(pods).Informer(), nil
	}
	// controller-runtime and kubectl ask for protobuf, too.
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	informer := informers.NewSharedInformerFactory(client, 0).Core().V1().Pods().Informer()
	if mode == "stripped" {
		if err := informer.SetTransform(stripped); err != nil {
			return nil, err
		}
	}
	return informer, nil
}

// stripped keeps of a pod what the operator reads of it.
func stripped(object interface{}) (interface{}, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:              pod.Name,
			Namespace:         pod.Namespace,
			UID:               pod.UID,
			ResourceVersion:   pod.ResourceVersion,
			DeletionTimestamp: pod.DeletionTimestamp,
			Annotations:       pod.Annotations,
		},
		Spec:   corev1.PodSpec{NodeName: pod.Spec.NodeName, HostNetwork: pod.Spec.HostNetwork},
		Status: corev1.PodStatus{Phase: pod.Status.Phase, PodIP: pod.Status.PodIP},
	}, nil
}
